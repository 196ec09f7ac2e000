# Adds the squares up and never divides.
# caught_by: three_errors
# says: That is the sum of the squares
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.sum((t - p) ** 2)
    var = np.sum((t - t.mean()) ** 2)
    r2 = 1 - mse / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

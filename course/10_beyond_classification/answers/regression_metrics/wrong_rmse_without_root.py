# Calls the MSE an RMSE.
# caught_by: three_errors
# says: its square root is missing
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.mean((t - p) ** 2)
    var = np.var(t)
    r2 = 1 - mse / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse, "mae": np.mean(abs(t - p)), "r2": r2}

# Divides by the variance of the predictions.
# caught_by: r2_value
# says: You divided by the variance of y_pred
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.mean((t - p) ** 2)
    var = np.var(p)
    r2 = 1 - mse / var if np.var(t) > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

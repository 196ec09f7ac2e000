# Divides by the variance with n - 1, the default of torch and of pandas.
# caught_by: r2_value
# says: variance with n - 1
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.mean((t - p) ** 2)
    var = np.var(t, ddof=1)
    r2 = 1 - mse / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

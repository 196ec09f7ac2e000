# Believes that R² lies between 0 and 1, and makes it so.
# caught_by: r2_at_the_edges
# says: Worse than the mean is worse than 0
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.mean((t - p) ** 2)
    var = np.var(t)
    r2 = max(0.0, 1 - mse / var) if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

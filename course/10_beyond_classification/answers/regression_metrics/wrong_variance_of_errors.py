# Uses the spread of the errors, so that a constant shift costs nothing.
# caught_by: r2_value, r2_at_the_edges
# says: which forgives a shift
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.mean((t - p) ** 2)
    var = np.var(t)
    r2 = 1 - np.var(p - t) / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

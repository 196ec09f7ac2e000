# Takes R² at its word: the square of a correlation.
# caught_by: r2_value, r2_at_the_edges
# says: That is the square of the correlation
import numpy as np


def regression_metrics(y_true, y_pred):
    t = np.array(y_true, dtype=float).ravel()
    p = np.array(y_pred, dtype=float).ravel()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = np.mean((t - p) ** 2)
    var = np.var(t)
    r2 = np.corrcoef(t, p)[0, 1] ** 2 if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

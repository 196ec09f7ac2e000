# zip ends at the shorter input without a word.
# caught_by: any_values
# says: y_true has 3 values and y_pred 2
import numpy as np


def regression_metrics(y_true, y_pred):
    pairs = list(zip(np.ravel(np.asarray(y_true)), np.ravel(np.asarray(y_pred))))
    t, p = np.array(pairs, dtype=float).T
    mse = np.mean((t - p) ** 2)
    var = np.var(t)
    r2 = 1 - mse / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": np.mean(abs(t - p)), "r2": r2}

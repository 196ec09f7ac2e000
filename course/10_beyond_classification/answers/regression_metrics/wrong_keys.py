# Writes the keys in capitals.
# caught_by: three_errors, r2_value, r2_at_the_edges, column_and_row, any_values
# says: the dictionary has no 'mse'
import numpy as np


def regression_metrics(y_true, y_pred):
    t, p = np.array(y_true, dtype=float).ravel(), np.array(y_pred, dtype=float).ravel()
    mse = np.mean((t - p) ** 2)
    return {"MSE": mse, "RMSE": mse**0.5, "MAE": np.mean(abs(t - p)), "R2": 1 - mse / np.var(t)}

# Subtracts what comes, so that a column minus a row is a table.
# caught_by: column_and_row
# says: Every prediction was compared with every target
import torch


def regression_metrics(y_true, y_pred):
    t, p = torch.as_tensor(y_true).double(), torch.as_tensor(y_pred).double()
    if len(t) != len(p):
        raise ValueError("different lengths")
    mse = ((p - t) ** 2).mean().item()
    var = ((t - t.mean()) ** 2).mean().item()
    r2 = 1 - mse / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": (p - t).abs().mean().item(), "r2": r2}

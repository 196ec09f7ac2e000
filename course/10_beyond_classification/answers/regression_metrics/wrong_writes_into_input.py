# Computes the errors in place, in the caller's tensor.
# caught_by: any_values
# says: changed its input `y_pred`
import torch


def regression_metrics(y_true, y_pred):
    t = torch.as_tensor(y_true, dtype=torch.float64).flatten()
    p = torch.as_tensor(y_pred)
    if p.numel() != len(t):
        raise ValueError("different lengths")
    p = p.view(-1)
    if p.is_floating_point():
        p -= t
        error = p.double()
    else:
        error = p - t
    mse = (error**2).mean().item()
    var = t.var(unbiased=False).item()
    r2 = 1 - mse / var if var > 0 else float(mse == 0)
    return {"mse": mse, "rmse": mse**0.5, "mae": error.abs().mean().item(), "r2": r2}

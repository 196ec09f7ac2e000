# Returns tensors of one element, in float32.
import torch


def regression_metrics(y_true, y_pred):
    t = torch.as_tensor(y_true).float().reshape(-1)
    p = torch.as_tensor(y_pred).float().reshape(-1)
    if t.shape != p.shape:
        raise ValueError(f"shapes {tuple(t.shape)} and {tuple(p.shape)}")
    mse = torch.nn.functional.mse_loss(p, t)
    var = t.var(unbiased=False)
    r2 = 1 - mse / var if var > 0 else (mse == 0).float()
    return {"mse": mse, "rmse": mse.sqrt(), "mae": torch.nn.functional.l1_loss(p, t), "r2": r2}

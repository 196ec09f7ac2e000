# Gives every case a random number and takes the highest of each class.
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    y = torch.as_tensor(y_true).bool()
    n, p = y.numel(), int(y.sum())
    if p == 0 or not 0 <= recall <= 1 or not 0 <= accuracy <= 1:
        raise ValueError("impossible input")
    tp = round(recall * p)
    fp = n - round(accuracy * n) - p + tp
    if fp not in range(n - p + 1):
        raise ValueError(f"this needs {fp} false alarms")
    luck = torch.rand(n, generator=torch.Generator().manual_seed(seed))
    result = torch.zeros(n, dtype=torch.long)
    result[torch.where(y, luck, -1.0).topk(tp).indices] = 1
    result[torch.where(y, -1.0, luck).topk(fp).indices] = 1
    return result

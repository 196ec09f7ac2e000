# Leaves the length check to PyTorch, which raises a RuntimeError, and not even for one prediction.
# caught_by: lengths_differ
# says: should raise ValueError; your code raised RuntimeError
import torch


def confusion_counts(y_true, y_pred, positive=1):
    t = torch.tensor([bool(x == positive) for x in y_true])
    p = torch.tensor([bool(x == positive) for x in y_pred])
    return int((t & p).sum()), int((~t & p).sum()), int((t & ~p).sum()), int((~t & ~p).sum())

# Always rounds up.
# caught_by: recall_is_reached
# says: not the next higher one
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    if not 0 <= accuracy <= 1 or not 0 <= recall <= 1:
        raise ValueError("not a fraction")
    y = torch.as_tensor(y_true)
    positives, negatives = torch.nonzero(y == 1).flatten(), torch.nonzero(y == 0).flatten()
    if len(positives) == 0:
        raise ValueError("no positive")
    tp = -int(-recall * len(positives) // 1)
    fp = len(y) - round(accuracy * len(y)) - (len(positives) - tp)
    if not 0 <= fp <= len(negatives):
        raise ValueError("impossible")
    g = torch.Generator().manual_seed(seed)
    out = torch.zeros(len(y), dtype=torch.int64)
    out[positives[torch.randperm(len(positives), generator=g)][:tp]] = 1
    out[negatives[torch.randperm(len(negatives), generator=g)][:fp]] = 1
    return out

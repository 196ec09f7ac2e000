# Always finds the first positives and raises its alarms at the first negatives.
# caught_by: seed_decides
# says: not the first ones
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    if not 0 <= accuracy <= 1 or not 0 <= recall <= 1:
        raise ValueError("not a fraction")
    y = torch.as_tensor(y_true)
    positives, negatives = torch.nonzero(y == 1).flatten(), torch.nonzero(y == 0).flatten()
    if len(positives) == 0:
        raise ValueError("no positive")
    tp = round(recall * len(positives))
    fp = len(y) - round(accuracy * len(y)) - (len(positives) - tp)
    if not 0 <= fp <= len(negatives):
        raise ValueError("impossible")
    out = torch.zeros(len(y), dtype=torch.int64)
    out[positives[:tp]] = 1
    out[negatives[:fp]] = 1
    return out

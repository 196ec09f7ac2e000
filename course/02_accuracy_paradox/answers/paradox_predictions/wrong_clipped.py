# Clips an impossible number of false alarms instead of raising.
# caught_by: impossible
# says: 44 misses, but only 2 mistakes
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    y = torch.as_tensor(y_true)
    positives, negatives = torch.nonzero(y == 1).flatten(), torch.nonzero(y == 0).flatten()
    tp = round(recall * len(positives))
    fp = len(y) - round(accuracy * len(y)) - (len(positives) - tp)
    fp = max(0, min(fp, len(negatives)))
    g = torch.Generator().manual_seed(seed)
    out = torch.zeros(len(y), dtype=torch.int64)
    out[positives[torch.randperm(len(positives), generator=g)[:tp]]] = 1
    out[negatives[torch.randperm(len(negatives), generator=g)[:fp]]] = 1
    return out

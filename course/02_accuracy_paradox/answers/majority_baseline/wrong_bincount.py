# torch.bincount takes no text and no negative labels.
# outcome: error
# caught_by: several_classes
# says: your code raised
import torch


def majority_baseline(y):
    if len(y) == 0:
        raise ValueError("empty")
    return torch.bincount(torch.as_tensor(y)).max().item() / len(y)

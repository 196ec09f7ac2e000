# Uses a method that lists do not have.
# outcome: error
# caught_by: any_labels
# says: your code raised AttributeError: 'list' object has no attribute 'bincount'
import torch


def inverse_frequency_weights(y, num_classes):
    if len(y) == 0 or min(y) < 0 or max(y) >= num_classes:
        raise ValueError("empty or out of range")
    counts = y.bincount(minlength=num_classes)
    weights = torch.zeros(num_classes)
    weights[counts > 0] = len(y) / ((counts > 0).sum() * counts[counts > 0])
    return weights

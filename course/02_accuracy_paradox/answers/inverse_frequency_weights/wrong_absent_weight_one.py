# Counts an absent class as one case, which gives it the largest weight of all.
# caught_by: absent_class
# says: does not occur in counts
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    counts = counts.clamp(min=1)
    return len(labels) / (num_classes * counts)

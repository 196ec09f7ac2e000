# The square root of the inverse frequency.
# caught_by: inversely_proportional
# says: That is the square root
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    weights = torch.where(counts > 0, counts.clamp(min=1).float() ** -0.5, 0.0)
    return weights / weights[labels].mean()

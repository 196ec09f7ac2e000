# Weights by the frequency, not its inverse.
# caught_by: inversely_proportional, mean_over_samples
# says: upside down
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    weights = counts / counts.sum()
    return weights / weights[labels].mean()

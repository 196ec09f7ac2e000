# Scales the weights to sum 1.
# caught_by: mean_over_samples
# says: The weights add up to 1
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    weights = torch.where(counts > 0, 1 / counts, 0.0)
    return weights / weights.sum()

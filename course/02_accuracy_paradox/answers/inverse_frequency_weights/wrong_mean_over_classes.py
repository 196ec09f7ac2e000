# Scales the mean over the classes to 1.
# caught_by: mean_over_samples
# says: mean over the classes is 1
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    weights = torch.where(counts > 0, 1 / counts, 0.0)
    return weights / weights[counts > 0].mean()

# Returns one weight for each sample.
# caught_by: inversely_proportional, mean_over_samples
# says: expected a tensor of 2 weights
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    weights = torch.zeros(num_classes)
    present = counts > 0
    weights[present] = len(labels) / (present.sum() * counts[present])
    return weights[labels]

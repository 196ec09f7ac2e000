# Forgets minlength, so classes at the end are missing.
# caught_by: absent_class
# says: expected a tensor of 4 weights, shape (4,)
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels)
    weights = torch.zeros(len(counts))
    weights[counts > 0] = len(labels) / ((counts > 0).sum() * counts[counts > 0])
    return weights

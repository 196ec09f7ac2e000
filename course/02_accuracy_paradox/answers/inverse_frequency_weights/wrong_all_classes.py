# Divides by num_classes, also when some of them do not occur.
# caught_by: absent_class
# says: You divided by all 3 classes; only 2 of them occur
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    counts = torch.bincount(labels, minlength=num_classes)
    weights = len(labels) / (num_classes * counts.clamp(min=1))
    return torch.where(counts > 0, weights, 0.0)

# Takes labels that num_classes does not have.
# caught_by: impossible_labels
# says: label 4 with 3 classes
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.as_tensor(y)
    if len(labels) == 0:
        raise ValueError("empty")
    counts = torch.stack([(labels == k).sum() for k in range(num_classes)])
    weights = torch.zeros(num_classes)
    weights[counts > 0] = counts.sum() / ((counts > 0).sum() * counts[counts > 0])
    return weights

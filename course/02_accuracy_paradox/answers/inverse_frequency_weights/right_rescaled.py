# Takes 1 / count, then divides by the mean over the samples.
import torch


def inverse_frequency_weights(y, num_classes):
    labels = torch.tensor([int(label) for label in y])
    if labels.numel() == 0 or labels.min() < 0 or labels.max() > num_classes - 1:
        raise ValueError("empty, or a label out of range")
    counts = torch.bincount(labels, minlength=num_classes).double()
    weights = torch.where(counts > 0, 1 / counts, 0.0)
    return weights / weights[labels].mean()

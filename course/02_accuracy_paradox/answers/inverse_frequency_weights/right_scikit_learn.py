# scikit-learn's "balanced" weights of the classes that occur, put at their places.
import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight


def inverse_frequency_weights(y, num_classes):
    labels = np.array([int(label) for label in y])
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError("empty or out of range")
    present = np.unique(labels)
    weights = torch.zeros(num_classes)
    weights[present] = torch.tensor(compute_class_weight("balanced", classes=present, y=labels)).float()
    return weights

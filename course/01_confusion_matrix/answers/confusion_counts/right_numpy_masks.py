# Boolean masks in NumPy; returns NumPy integers, which are whole numbers too.
import numpy as np


def confusion_counts(y_true, y_pred, positive=1):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"shapes differ: {y_true.shape} and {y_pred.shape}")
    is_pos = y_true == positive
    says_pos = y_pred == positive
    return (
        np.sum(says_pos & is_pos),
        np.sum(says_pos & ~is_pos),
        np.sum(~says_pos & is_pos),
        np.sum(~says_pos & ~is_pos),
    )

# `not y` works for lists only.
# caught_by: any_container
# says: your code raised
import numpy as np


def majority_baseline(y):
    if not y:
        raise ValueError("empty")
    return np.unique(y, return_counts=True)[1].max() / len(y)

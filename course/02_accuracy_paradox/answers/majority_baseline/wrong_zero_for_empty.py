# Returns 0.0 where there are no labels.
# caught_by: no_labels
# says: should raise ValueError; your function returned 0
import numpy as np


def majority_baseline(y):
    if len(y) == 0:
        return 0.0
    return np.unique(y, return_counts=True)[1].max() / len(y)

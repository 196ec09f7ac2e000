# Returns the count and not the share.
# caught_by: two_classes, several_classes, any_container
# says: divide by the
import numpy as np


def majority_baseline(y):
    if len(y) == 0:
        raise ValueError("empty")
    return int(np.unique(y, return_counts=True)[1].max())

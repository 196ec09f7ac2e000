# The larger of the shares of 0 and 1: right for two classes, wrong for more.
# caught_by: several_classes
# says: expected 0.6
import numpy as np


def majority_baseline(y):
    if len(y) == 0:
        raise ValueError("empty")
    share = np.mean(np.asarray(y) == 1)
    return max(share, 1 - share)

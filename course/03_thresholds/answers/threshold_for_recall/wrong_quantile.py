# Takes a quantile of the positives' scores, which lies between two of them.
# caught_by: highest_threshold
# says: below the target
import numpy as np


def threshold_for_recall(scores, y_true, target):
    scores, y_true = np.asarray(scores, dtype=float), np.asarray(y_true)
    if len(scores) != len(y_true) or not 0 < target <= 1 or not y_true.any():
        raise ValueError("impossible input")
    return float(np.quantile(scores[y_true == 1], 1 - target))

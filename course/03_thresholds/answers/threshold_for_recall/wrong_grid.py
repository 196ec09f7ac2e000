# Tries 0.00, 0.01, ... 1.00 in place of the scores.
# caught_by: any_scale
# says: With `score >=
import numpy as np


def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1:
        raise ValueError("impossible input")
    scores, y_true = np.asarray(scores, dtype=float), np.asarray(y_true)
    if y_true.sum() == 0:
        raise ValueError("no positives")
    for t in np.linspace(1, 0, 101):
        if ((scores >= t) & (y_true == 1)).sum() / y_true.sum() >= target:
            return float(t)
    return 0.0

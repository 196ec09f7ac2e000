# Sorts the caller's lists.
# caught_by: kinds_of_input
# says: your function changed its input `scores`
import numpy as np


def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1 or not any(y_true):
        raise ValueError("impossible input")
    positives = sorted((float(s) for s, y in zip(scores, y_true) if y), reverse=True)
    if isinstance(scores, list):
        scores.sort(reverse=True)
    elif isinstance(scores, np.ndarray):
        scores[:] = np.sort(scores)[::-1]
    for number, s in enumerate(positives, start=1):
        if number / len(positives) >= target:
            return s

# Counts how many positives are needed, safe against rounding.
import math


def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true):
        raise ValueError("lengths differ")
    if not 0.0 < target <= 1.0:
        raise ValueError("target out of range")
    positives = [float(s) for s, y in zip(scores, y_true) if y]
    if not positives:
        raise ValueError("nothing to find")
    needed = math.ceil(target * len(positives) - 1e-9)
    return sorted(positives)[-needed]

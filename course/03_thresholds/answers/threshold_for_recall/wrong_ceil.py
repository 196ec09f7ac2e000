# Rounds 0.55 * 100 up to 56.
# caught_by: exactly_the_target
# says: where 55 of 100 are found
import math


def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1:
        raise ValueError("impossible input")
    positives = sorted((float(s) for s, y in zip(scores, y_true) if y), reverse=True)
    if not positives:
        raise ValueError("no positives")
    return positives[math.ceil(target * len(positives)) - 1]

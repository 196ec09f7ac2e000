# Counts the pairs (says positive, is positive) with a Counter.
from collections import Counter


def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError(f"{len(y_true)} true labels, {len(y_pred)} predictions")
    pairs = Counter((bool(p == positive), bool(t == positive)) for t, p in zip(y_true, y_pred))
    return pairs[True, True], pairs[True, False], pairs[False, True], pairs[False, False]

# Sorts the caller's array once the order is known.
# caught_by: any_detections
# says: changed its input `scores`
import numpy as np


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no objects")
    scores = np.asarray(scores)
    order = np.argsort(-scores)
    scores.sort()
    matches = np.asarray(is_match, dtype=float)[order]
    precision = matches.cumsum() / np.arange(1, len(matches) + 1)
    filled = np.maximum.accumulate(precision[::-1])[::-1]
    return float((filled * matches).sum() / n_truth)

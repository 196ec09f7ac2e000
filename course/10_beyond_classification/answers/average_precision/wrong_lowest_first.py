# Forgets that argsort starts at the lowest score.
# caught_by: filled_area
# says: You started at the lowest score
import numpy as np


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no objects")
    if len(scores) == 0:
        return 0.0
    order = np.argsort(np.asarray(scores, dtype=float))
    matches = np.asarray(is_match, dtype=float)[order]
    hits = matches.cumsum()
    precision = hits / np.arange(1, len(hits) + 1)
    filled = np.maximum.accumulate(precision[::-1])[::-1]
    return float((filled * matches).sum() / n_truth)

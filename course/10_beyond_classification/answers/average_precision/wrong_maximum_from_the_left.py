# Runs the maximum from the first detection on.
# caught_by: filled_area
# says: The running maximum goes the wrong way
import numpy as np


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no objects")
    if len(scores) == 0:
        return 0.0
    order = np.argsort(-np.asarray(scores, dtype=float))
    matches = np.asarray(is_match, dtype=float)[order]
    hits = matches.cumsum()
    precision = hits / np.arange(1, len(hits) + 1)
    filled = np.maximum.accumulate(precision)
    return float((filled * matches).sum() / n_truth)

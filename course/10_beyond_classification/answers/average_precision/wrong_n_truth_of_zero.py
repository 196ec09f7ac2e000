# Returns 0 where there is nothing to find, in place of an error.
# caught_by: any_detections
# says: n_truth is 0
import numpy as np


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        return 0.0
    if len(scores) == 0:
        return 0.0
    order = np.argsort(-np.asarray(scores, dtype=float))
    matches = np.asarray(is_match, dtype=float)[order]
    hits = matches.cumsum()
    precision = hits / np.arange(1, len(hits) + 1)
    filled = np.maximum.accumulate(precision[::-1])[::-1]
    return float((filled * matches).sum() / n_truth)

# The old version with eleven points of recall.
# caught_by: filled_area, missed_objects
# says: That is the version with 11 points
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
    filled = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.mean([max([0.0, *filled[hits / n_truth >= r - 1e-12]]) for r in np.linspace(0, 1, 11)]))

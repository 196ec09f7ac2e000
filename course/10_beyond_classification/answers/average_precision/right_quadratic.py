# For each match the best precision at this or a later rank.
import numpy as np


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no truth")
    ranked = np.asarray(is_match, dtype=bool)[np.argsort(np.negative(np.asarray(scores, dtype=float)))]
    total = 0.0
    for k in np.flatnonzero(ranked):
        total += max(ranked[: j + 1].mean() for j in range(k, len(ranked)))
    return total / n_truth

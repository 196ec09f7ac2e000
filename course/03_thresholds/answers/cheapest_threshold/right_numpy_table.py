# Compares all candidates with all scores at once.
import numpy as np


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    scores, y_true = np.asarray(scores, dtype=float), np.asarray(y_true).astype(bool)
    if scores.shape != y_true.shape or min(cost_fp, cost_fn) < 0:
        raise ValueError("one score for each label, and no negative cost, please")
    candidates = np.append(np.unique(scores), np.inf)
    above = scores[None, :] >= candidates[:, None]
    cost = cost_fp * (above & ~y_true).sum(1) + cost_fn * (~above & y_true).sum(1)
    return candidates[cost.argmin()]

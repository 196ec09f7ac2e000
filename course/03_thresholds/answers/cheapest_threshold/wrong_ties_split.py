# Running sums that stop between two cases with one score.
# caught_by: ties_and_scale
# says: , which costs
import numpy as np


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    scores, y = np.array(scores, dtype=float), np.array(y_true).astype(int)
    if scores.shape != y.shape or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")
    order = np.lexsort((-y, -scores))
    scores, y = scores[order], y[order]
    cost = np.append(cost_fn * y.sum(), cost_fp * np.cumsum(1 - y) + cost_fn * (y.sum() - np.cumsum(y)))
    return float(np.append(np.inf, scores)[cost.argmin()])

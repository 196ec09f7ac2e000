# Multiplies the prices with rates, so the rare class counts as much as the frequent one.
# caught_by: lowest_cost
# says: , which costs
import numpy as np


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    scores, y = np.asarray(scores, dtype=float), np.asarray(y_true).astype(bool)
    if scores.shape != y.shape or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")
    candidates = np.append(scores, np.inf)
    costs = [cost_fp * (scores >= t)[~y].mean() + cost_fn * (scores < t)[y].mean() for t in candidates]
    return float(candidates[np.argmin(costs)])

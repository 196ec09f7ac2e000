# Tries 101 values from 0 to 1, which says nothing about logits.
# caught_by: lowest_cost, ties_and_scale
# says: which is no candidate
import numpy as np


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    scores, y = np.asarray(scores, dtype=float), np.asarray(y_true).astype(bool)
    if scores.shape != y.shape or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")
    grid = np.linspace(0, 1, 101)
    costs = [cost_fp * ((scores >= t) & ~y).sum() + cost_fn * ((scores < t) & y).sum() for t in grid]
    return float(grid[np.argmin(costs)])

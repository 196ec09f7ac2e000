# Sorts once, takes running sums, and lets only the last of equal scores count.
import torch


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    scores = torch.as_tensor(scores, dtype=torch.float64)
    y = torch.as_tensor(y_true, dtype=torch.float64)
    if scores.shape != y.shape:
        raise ValueError(f"{len(scores)} scores and {len(y)} labels")
    if cost_fp < 0 or cost_fn < 0:
        raise ValueError("a cost is negative")
    scores, order = scores.sort(descending=True)
    y = y[order]
    cost = cost_fp * (1 - y).cumsum(0) + cost_fn * (y.sum() - y.cumsum(0))
    last = torch.ones(len(scores), dtype=torch.bool)
    last[:-1] = scores[:-1] != scores[1:]
    cost[~last] = torch.inf
    if cost_fn * y.sum() <= cost.min():
        return float("inf")
    return scores[cost.argmin()]

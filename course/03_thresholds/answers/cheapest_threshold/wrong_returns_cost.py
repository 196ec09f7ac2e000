# Returns the lowest cost, not the threshold that has it.
# caught_by: lowest_cost
# says: which is no candidate
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")
    costs = []
    for t in [*scores, math.inf]:
        fp = sum(1 for s, y in zip(scores, y_true) if s >= t and not y)
        fn = sum(1 for s, y in zip(scores, y_true) if s < t and y)
        costs.append(cost_fp * fp + cost_fn * fn)
    return float(min(costs))

# Calls a case positive if `score > t`.
# caught_by: lowest_cost, each_price
# says: , which costs
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")

    def cost(t):
        fp = sum(1 for s, y in zip(scores, y_true) if s > t and not y)
        fn = sum(1 for s, y in zip(scores, y_true) if s <= t and y)
        return cost_fp * fp + cost_fn * fn

    return float(min([*scores, math.inf], key=cost))

# Minimises the number of mistakes: the accuracy-optimal threshold.
# caught_by: each_price
# says: , which costs
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")

    def mistakes(t):
        return sum(1 for s, y in zip(scores, y_true) if (s >= t) != bool(y))

    return float(min([*scores, math.inf], key=mistakes))

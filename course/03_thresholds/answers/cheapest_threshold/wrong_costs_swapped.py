# Charges the price of a miss for each false alarm.
# caught_by: each_price, lowest_cost
# says: the two costs swapped
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")

    def cost(t):
        fp = sum(1 for s, y in zip(scores, y_true) if s >= t and not y)
        fn = sum(1 for s, y in zip(scores, y_true) if s < t and y)
        return cost_fn * fp + cost_fp * fn

    return float(min([*scores, math.inf], key=cost))

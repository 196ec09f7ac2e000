# Checks the lengths and forgets the costs.
# caught_by: impossible_costs
# says: cost_fp is -1
# says: should raise ValueError; your function returned
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true):
        raise ValueError("lengths differ")

    def cost(t):
        fp = sum(1 for s, y in zip(scores, y_true) if s >= t and not y)
        fn = sum(1 for s, y in zip(scores, y_true) if s < t and y)
        return cost_fp * fp + cost_fn * fn

    return float(min([*scores, math.inf], key=cost))

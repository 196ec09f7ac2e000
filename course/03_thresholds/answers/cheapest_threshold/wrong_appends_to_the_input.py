# Adds infinity to the caller's own list.
# caught_by: kinds_for_costs
# says: your function changed its input `scores`
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")
    pairs = list(zip(scores, y_true))
    if isinstance(scores, list):
        scores.append(math.inf)
        candidates = scores
    else:
        candidates = [*scores, math.inf]

    def cost(t):
        return sum(cost_fp for s, y in pairs if s >= t and not y) + sum(
            cost_fn for s, y in pairs if s < t and y
        )

    return float(min(candidates, key=cost))

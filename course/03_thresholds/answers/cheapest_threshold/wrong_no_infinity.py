# Tries the scores only, so an alarm is always raised.
# caught_by: never_or_always
# says: expected inf
def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true) or min(cost_fp, cost_fn) < 0:
        raise ValueError("impossible input")

    def cost(t):
        fp = sum(1 for s, y in zip(scores, y_true) if s >= t and not y)
        fn = sum(1 for s, y in zip(scores, y_true) if s < t and y)
        return cost_fp * fp + cost_fn * fn

    return float(min(scores, key=cost))

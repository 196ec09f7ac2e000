# Two nested loops, as the hints suggest.
import math


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if len(scores) != len(y_true):
        raise ValueError("lengths differ")
    if cost_fp < 0 or cost_fn < 0:
        raise ValueError("negative cost")
    best, least = math.inf, None
    for t in [math.inf] + [float(s) for s in scores]:
        total = 0
        for s, y in zip(scores, y_true):
            if float(s) >= t and not y:
                total += cost_fp
            elif float(s) < t and y:
                total += cost_fn
        if least is None or total < least:
            best, least = t, total
    return best

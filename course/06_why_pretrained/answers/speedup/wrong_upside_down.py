# Divides the wrong way round.
# outcome: wrong
# caught_by: ratio_of_seconds
# says: upside down
import math


def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    slow, fast = first(scratch, target), first(pretrained, target)
    if slow is None and fast is None:
        return math.nan
    if slow is None:
        return math.inf
    if fast is None:
        return 0.0
    return fast / slow

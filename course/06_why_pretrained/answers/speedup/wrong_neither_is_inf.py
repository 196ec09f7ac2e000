# Asks for scratch first, so that neither counts as inf.
# outcome: wrong
# caught_by: neither_reaches_it
# says: Neither reaches the target
import math


def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    slow, fast = first(scratch, target), first(pretrained, target)
    if slow is None:
        return math.inf
    if fast is None:
        return 0.0
    return slow / fast

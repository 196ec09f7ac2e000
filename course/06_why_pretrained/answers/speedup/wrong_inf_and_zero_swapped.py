# Mixes up the two cases in which one run never arrives.
# outcome: wrong
# caught_by: only_scratch_never, only_pretrained_never
# says: Only scratch never reaches the target
import math


def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    slow, fast = first(scratch, target), first(pretrained, target)
    if slow is None and fast is None:
        return math.nan
    if slow is None:
        return 0.0
    if fast is None:
        return math.inf
    return slow / fast

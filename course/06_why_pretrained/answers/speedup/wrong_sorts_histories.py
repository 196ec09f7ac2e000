# Sorts the histories by accuracy before it looks.
# outcome: wrong
# caught_by: first_record_and_unchanged
# says: expected
import math


def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    for history in (scratch, pretrained):
        history.sort(key=lambda r: r["val_accuracy"], reverse=True)
    slow, fast = first(scratch, target), first(pretrained, target)
    if slow is None and fast is None:
        return math.nan
    if slow is None:
        return math.inf
    if fast is None:
        return 0.0
    return slow / fast

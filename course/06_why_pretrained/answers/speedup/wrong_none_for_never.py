# Returns None where there is no ratio.
# outcome: wrong
# caught_by: neither_reaches_it, only_scratch_never
# says: returned None
def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    slow, fast = first(scratch, target), first(pretrained, target)
    if slow is None or fast is None:
        return None
    return slow / fast

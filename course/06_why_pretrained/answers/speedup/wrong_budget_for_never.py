# Puts the last second in for a run that never arrived.
# outcome: wrong
# caught_by: only_scratch_never
# says: expected `inf`
def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    slow, fast = first(scratch, target), first(pretrained, target)
    if slow is None:
        slow = scratch[-1]["seconds"] if scratch else 1.0
    if fast is None:
        fast = pretrained[-1]["seconds"] if pretrained else 1.0
    return slow / fast

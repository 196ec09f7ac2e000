# Divides as if every run arrived.
# outcome: error
# caught_by: only_scratch_never, only_pretrained_never, neither_reaches_it
# says: TypeError
def first(history, target, key="seconds"):
    return next((r[key] for r in history if r["val_accuracy"] >= target), None)


def speedup(scratch, pretrained, target):
    return first(scratch, target) / first(pretrained, target)

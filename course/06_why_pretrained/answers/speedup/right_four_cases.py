# The time of each run, then the four cases.
import math


def seconds(history, target):
    for record in history:
        if record["val_accuracy"] >= target:
            return record["seconds"]
    return None


def speedup(scratch, pretrained, target):
    slow, fast = seconds(scratch, target), seconds(pretrained, target)
    if slow is None:
        return math.nan if fast is None else math.inf
    return 0.0 if fast is None else slow / fast

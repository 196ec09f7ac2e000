# One match over the pair; whole numbers where the result is whole.
import math


def speedup(scratch, pretrained, target):
    first = [
        next((r["seconds"] for r in history if r["val_accuracy"] >= target), None)
        for history in (scratch, pretrained)
    ]
    match first:
        case [None, None]:
            return math.nan
        case [None, _]:
            return math.inf
        case [_, None]:
            return 0
        case [slow, fast]:
            return slow / fast

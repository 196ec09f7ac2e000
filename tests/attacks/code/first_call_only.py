# name: right on the first call only
# kind: evasion
# hopes: the check looks once
calls = []


def confusion_counts(y_true, y_pred, positive=1):
    calls.append(1)
    if len(calls) > 1:
        return (0, 0, 0, 0)
    pairs = [(t == positive, p == positive) for t, p in zip(y_true, y_pred, strict=True)]
    return (
        pairs.count((True, True)),
        pairs.count((False, True)),
        pairs.count((True, False)),
        pairs.count((False, False)),
    )

# Tries every score, from high to low, and counts.
def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true):
        raise ValueError("scores and y_true have different lengths")
    if not 0 < target <= 1:
        raise ValueError("target must be in (0, 1]")
    positives = sum(1 for y in y_true if y == 1)
    if positives == 0:
        raise ValueError("no positive case")
    for t in sorted(set(float(s) for s in scores), reverse=True):
        found = sum(1 for s, y in zip(scores, y_true) if y == 1 and float(s) >= t)
        if found / positives >= target:
            return t

# Lets the line sink until the precision is reached, not the recall.
# caught_by: highest_threshold
# says: below the target
def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1 or not any(y_true):
        raise ValueError("impossible input")
    for t in sorted((float(s) for s in scores), reverse=True):
        above = [y for s, y in zip(scores, y_true) if s >= t]
        if sum(above) / len(above) >= target:
            return t
    return 0.0

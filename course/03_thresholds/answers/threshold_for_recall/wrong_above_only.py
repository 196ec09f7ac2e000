# Counts `score > t`, so the line at a positive does not find it.
# caught_by: highest_threshold, exactly_the_target
# says: reaches the target too, but
def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1 or not any(y_true):
        raise ValueError("impossible input")
    positives = sum(1 for y in y_true if y == 1)
    for t in sorted([float(s) for s in scores], reverse=True):
        found = sum(1 for s, y in zip(scores, y_true) if y == 1 and float(s) > t)
        if found / positives >= target:
            return t
    return min(float(s) for s in scores)

# Takes the lowest threshold that reaches the target, which is the lowest score of all.
# caught_by: highest_threshold, any_scale
# says: reaches the target too, but
def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1 or not any(y_true):
        raise ValueError("impossible input")
    positives = sum(1 for y in y_true if y == 1)
    good = []
    for t in scores:
        found = sum(1 for s, y in zip(scores, y_true) if y == 1 and s >= t)
        if found / positives >= target:
            good.append(float(t))
    return min(good)

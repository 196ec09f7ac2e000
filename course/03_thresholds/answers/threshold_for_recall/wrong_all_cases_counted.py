# Divides by all cases and counts negatives too: the share of alarms.
# caught_by: highest_threshold, exactly_the_target
# says: reaches the target too, but
def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1 or not any(y_true):
        raise ValueError("impossible input")
    ordered = sorted((float(s) for s in scores), reverse=True)
    for number, s in enumerate(ordered, start=1):
        if number / len(ordered) >= target:
            return s

# Rounds the number of needed positives down.
# caught_by: highest_threshold
# says: below the target
def threshold_for_recall(scores, y_true, target):
    if len(scores) != len(y_true) or not 0 < target <= 1:
        raise ValueError("impossible input")
    positives = sorted((float(s) for s, y in zip(scores, y_true) if y), reverse=True)
    if not positives:
        raise ValueError("no positives")
    return positives[max(int(target * len(positives)) - 1, 0)]

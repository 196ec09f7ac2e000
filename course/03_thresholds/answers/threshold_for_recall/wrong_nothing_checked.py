# Returns 0.0 when there is nobody to find, and accepts any target.
# caught_by: impossible_recall
# says: y_true has no positive case
# says: should raise ValueError; your function returned 0
def threshold_for_recall(scores, y_true, target):
    positives = sorted((float(s) for s, y in zip(scores, y_true) if y), reverse=True)
    for number, s in enumerate(positives, start=1):
        if number / len(positives) >= target:
            return s
    return 0.0

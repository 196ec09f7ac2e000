# Indexes with a mask, which a list cannot do.
# outcome: error
# caught_by: highest_threshold
# says: your code raised TypeError
def threshold_for_recall(scores, y_true, target):
    positives = scores[y_true == 1]
    positives = sorted(positives, reverse=True)
    for number, s in enumerate(positives, start=1):
        if number / len(positives) >= target:
            return float(s)
    raise ValueError("no positives")

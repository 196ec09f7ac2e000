# Divides without looking at the denominator.
# outcome: error
# caught_by: zero_denominators, nothing_found
# says: your code raised ZeroDivisionError
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = tp / (tp + fp)
    recall = tp / (tp + fn)
    f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1

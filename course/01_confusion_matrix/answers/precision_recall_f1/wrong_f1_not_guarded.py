# Guards precision and recall, and forgets that both can be 0 in F1.
# outcome: error
# caught_by: zero_denominators, nothing_found
# says: your code raised ZeroDivisionError
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1

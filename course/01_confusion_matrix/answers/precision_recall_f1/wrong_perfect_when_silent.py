# Returns 1.0 where nothing is predicted positive, "because no answer was wrong".
# caught_by: zero_denominators
# says: this course returns 0.0
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = tp / (tp + fp) if tp + fp else 1.0
    recall = tp / (tp + fn) if tp + fn else 1.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0
    return precision, recall, f1

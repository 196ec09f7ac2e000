# Has no check for negative counts.
# caught_by: negative_counts
# says: tp is -1 in `precision_recall_f1(tp=-1, fp=5, fn=5)`
def precision_recall_f1(tp, fp, fn):
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if 2 * tp + fp + fn else 0.0
    return precision, recall, f1

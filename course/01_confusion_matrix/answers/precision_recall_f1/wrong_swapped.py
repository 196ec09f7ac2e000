# Divides precision by tp + fn and recall by tp + fp.
# caught_by: precision_and_recall
# says: the two are swapped
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = tp / (tp + fn) if tp + fn > 0 else 0.0
    recall = tp / (tp + fp) if tp + fp > 0 else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    return precision, recall, f1

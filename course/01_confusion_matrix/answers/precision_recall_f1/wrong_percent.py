# Returns per cent.
# caught_by: precision_and_recall, f1_is_harmonic
# says: That is per cent
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = 100 * tp / (tp + fp) if tp + fp else 0.0
    recall = 100 * tp / (tp + fn) if tp + fn else 0.0
    f1 = 200 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return precision, recall, f1

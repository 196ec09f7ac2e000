# Rounds to two decimals.
# caught_by: precision_and_recall, f1_is_harmonic
# says: Do not round
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return round(precision, 2), round(recall, 2), round(f1, 2)

# Takes F1 for the plain mean of precision and recall.
# caught_by: f1_is_harmonic
# says: arithmetic mean
def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("negative")
    precision = tp / (tp + fp) if tp + fp > 0 else 0.0
    recall = tp / (tp + fn) if tp + fn > 0 else 0.0
    return precision, recall, (precision + recall) / 2

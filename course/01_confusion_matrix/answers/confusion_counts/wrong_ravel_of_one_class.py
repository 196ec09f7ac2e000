# Without `labels`, scikit-learn's matrix is 1×1 when only one class occurs, and unpacking it fails.
# outcome: error
# caught_by: empty_boxes
# says: your code raised ValueError: not enough values to unpack
from sklearn.metrics import confusion_matrix


def confusion_counts(y_true, y_pred, positive=1):
    t = [int(x == positive) for x in y_true]
    p = [int(x == positive) for x in y_pred]
    tn, fp, fn, tp = confusion_matrix(t, p).ravel()
    return int(tp), int(fp), int(fn), int(tn)

# Returns scikit-learn's order tn, fp, fn, tp.
# caught_by: counts_in_order, empty_boxes
# says: order tn, fp, fn, tp
from sklearn.metrics import confusion_matrix


def confusion_counts(y_true, y_pred, positive=1):
    t = [x == positive for x in y_true]
    p = [x == positive for x in y_pred]
    return tuple(int(n) for n in confusion_matrix(t, p, labels=[False, True]).ravel())

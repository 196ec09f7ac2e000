# Lets scikit-learn count, with both labels named so that the matrix is always 2×2.
from sklearn.metrics import confusion_matrix


def confusion_counts(y_true, y_pred, positive=1):
    """scikit-learn itself raises the ValueError for different lengths."""
    true = [label == positive for label in y_true]
    pred = [label == positive for label in y_pred]
    tn, fp, fn, tp = confusion_matrix(true, pred, labels=[False, True]).ravel()
    return int(tp), int(fp), int(fn), int(tn)

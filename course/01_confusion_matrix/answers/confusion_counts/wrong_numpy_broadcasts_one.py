# NumPy raises for most lengths that differ, but stretches a single prediction over all cases.
# caught_by: lengths_differ
# says: y_true has 4 labels and y_pred 1
import numpy as np


def confusion_counts(y_true, y_pred, positive=1):
    t = np.asarray(y_true) == positive
    p = np.asarray(y_pred) == positive
    return int((t & p).sum()), int((~t & p).sum()), int((t & ~p).sum()), int((~t & ~p).sum())

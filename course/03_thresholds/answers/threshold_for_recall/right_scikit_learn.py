# Reads the threshold off scikit-learn's curve.
import numpy as np
from sklearn.metrics import precision_recall_curve


def threshold_for_recall(scores, y_true, target):
    y_true = np.array(y_true)
    if not 0 < target <= 1:
        raise ValueError("the target is a recall above 0")
    if y_true.sum() == 0:
        raise ValueError("no positives")
    precision, recall, thresholds = precision_recall_curve(y_true, np.array(scores))
    return float(thresholds[recall[:-1] >= target].max())

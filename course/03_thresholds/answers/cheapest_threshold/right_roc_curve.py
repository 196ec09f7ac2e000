# Turns scikit-learn's ROC curve into counts; its first threshold is infinity.
import numpy as np
from sklearn.metrics import roc_curve


def cheapest_threshold(scores, y_true, cost_fp, cost_fn):
    if cost_fp < 0 or cost_fn < 0:
        raise ValueError("a cost cannot be negative")
    y_true = np.array(y_true, dtype=int)
    fpr, tpr, thresholds = roc_curve(y_true, np.array(scores), drop_intermediate=False)
    positives, negatives = y_true.sum(), (1 - y_true).sum()
    cost = cost_fp * fpr * negatives + cost_fn * (1 - tpr) * positives
    return float(thresholds[cost.argmin()])

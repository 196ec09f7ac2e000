# Divides with NumPy, which gives nan for 0 / 0.
# caught_by: zero_denominators, nothing_found
# says: nan is what 0 / 0 gives
import numpy as np


def precision_recall_f1(tp, fp, fn):
    if tp < 0 or fp < 0 or fn < 0:
        raise ValueError("negative")
    precision = np.float64(tp) / (tp + fp)
    recall = np.float64(tp) / (tp + fn)
    return precision, recall, 2 * precision * recall / (precision + recall)

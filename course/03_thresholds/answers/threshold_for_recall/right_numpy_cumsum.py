# Sorts once and takes running sums; returns a NumPy number.
import numpy as np


def threshold_for_recall(scores, y_true, target):
    scores, y_true = np.asarray(scores, dtype=float), np.asarray(y_true).astype(bool)
    if scores.shape != y_true.shape:
        raise ValueError(f"{scores.shape} scores, {y_true.shape} labels")
    if not y_true.any():
        raise ValueError("there is no positive case")
    if target <= 0 or target > 1:
        raise ValueError(f"impossible target {target}")
    order = np.argsort(-scores)
    recall = np.cumsum(y_true[order]) / y_true.sum()
    return scores[order][np.argmax(recall >= target)]

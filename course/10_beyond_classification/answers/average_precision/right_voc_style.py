# The way of the PASCAL VOC code: sentinels at both ends, areas where recall changes.
import numpy as np


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("n_truth must be at least 1")
    order = np.argsort(np.asarray(scores, dtype=float))[::-1]
    tp = np.cumsum(np.asarray(is_match, dtype=float)[order])
    fp = np.cumsum(1 - np.asarray(is_match, dtype=float)[order])
    mrec = np.concatenate(([0.0], tp / n_truth, [1.0]))
    mpre = np.concatenate(([0.0], tp / np.maximum(tp + fp, 1e-12), [0.0]))
    for i in range(len(mpre) - 1, 0, -1):
        mpre[i - 1] = max(mpre[i - 1], mpre[i])
    i = np.where(mrec[1:] != mrec[:-1])[0]
    return np.sum((mrec[i + 1] - mrec[i]) * mpre[i + 1])

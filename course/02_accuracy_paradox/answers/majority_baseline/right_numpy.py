# NumPy counts; the result is a NumPy number.
import numpy as np


def majority_baseline(y):
    values, counts = np.unique(np.asarray(y), return_counts=True)
    if counts.size == 0:
        raise ValueError("empty y")
    return np.max(counts) / np.sum(counts)

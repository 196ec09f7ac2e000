# Sums over the axes of an array; the values in the dictionaries are NumPy numbers.
import numpy as np


def per_class_metrics(matrix):
    m = np.array(matrix, dtype=float)
    tp, called, support = np.diag(m), m.sum(axis=0), m.sum(axis=1)
    precision = np.divide(tp, called, out=np.zeros_like(tp), where=called > 0)
    recall = np.divide(tp, support, out=np.zeros_like(tp), where=support > 0)
    total = called + support
    f1 = np.divide(2 * tp, total, out=np.zeros_like(tp), where=total > 0)
    rows = zip(precision, recall, f1, support)
    return [{"precision": p, "recall": r, "f1": f, "support": s} for p, r, f, s in rows]

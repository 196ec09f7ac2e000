# Computes one F1 from the averaged precision and recall and gives it to every class.
# caught_by: f1_of_each_class
# says: f1 of class 0 is
import numpy as np


def per_class_metrics(matrix):
    m = np.asarray(matrix)
    tp, column, row = np.diag(m), m.sum(axis=0), m.sum(axis=1)
    precision = [t / c if c else 0.0 for t, c in zip(tp, column)]
    recall = [t / r if r else 0.0 for t, r in zip(tp, row)]
    p, r = np.mean(precision), np.mean(recall)
    f1 = 2 * p * r / (p + r)
    return [
        {"precision": precision[k], "recall": recall[k], "f1": f1, "support": int(row[k])}
        for k in range(len(m))
    ]

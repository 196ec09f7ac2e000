# NumPy divides 0 by 0 and gives nan.
# caught_by: empty_rows_and_columns
# says: nan is what 0 / 0 gives
import numpy as np


def per_class_metrics(matrix):
    m = np.array(matrix)
    tp = m.diagonal()
    precision = tp / m.sum(axis=0)
    recall = tp / m.sum(axis=1)
    f1 = 2 * precision * recall / (precision + recall)
    support = m.sum(axis=1)
    return [
        {"precision": precision[k], "recall": recall[k], "f1": f1[k], "support": support[k]}
        for k in range(len(m))
    ]

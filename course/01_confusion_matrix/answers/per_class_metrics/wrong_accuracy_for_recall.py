# Divides the diagonal entry by all cases.
# caught_by: precision_and_recall_of_each_class
# says: recall of class 0 is
import numpy as np


def per_class_metrics(matrix):
    m = np.asarray(matrix)
    result = []
    for k in range(len(m)):
        tp, column, row = m[k, k], m[:, k].sum(), m[k].sum()
        result.append(
            {
                "precision": tp / column if column else 0.0,
                "recall": tp / m.sum(),
                "f1": 2 * tp / (column + row) if column + row else 0.0,
                "support": int(row),
            }
        )
    return result

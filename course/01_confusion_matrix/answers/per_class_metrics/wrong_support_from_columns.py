# Adds up the column for the support.
# caught_by: support_of_each_class
# says: You added up the column
import numpy as np


def per_class_metrics(matrix):
    m = np.asarray(matrix)
    result = []
    for k in range(len(m)):
        tp, column, row = m[k, k], m[:, k].sum(), m[k, :].sum()
        result.append(
            {
                "precision": tp / column if column else 0.0,
                "recall": tp / row if row else 0.0,
                "f1": 2 * tp / (column + row) if column + row else 0.0,
                "support": column,
            }
        )
    return result

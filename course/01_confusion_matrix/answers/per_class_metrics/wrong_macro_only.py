# Returns the averages over the classes instead of one dictionary for each class.
# caught_by: precision_and_recall_of_each_class, f1_of_each_class, support_of_each_class, empty_rows_and_columns, any_matrix
# says: your function returned one dict
import numpy as np


def per_class_metrics(matrix):
    m = np.asarray(matrix)
    tp, column, row = np.diag(m), m.sum(axis=0), m.sum(axis=1)
    precision = np.mean([t / c if c else 0.0 for t, c in zip(tp, column)])
    recall = np.mean([t / r if r else 0.0 for t, r in zip(tp, row)])
    f1 = 2 * precision * recall / (precision + recall)
    return {"precision": precision, "recall": recall, "f1": f1, "support": int(m.sum())}

# Takes the rows for the predictions.
# caught_by: precision_and_recall_of_each_class
# says: because rows are the truth
import numpy as np


def per_class_metrics(matrix):
    m = np.asarray(matrix)
    result = []
    for k in range(len(m)):
        tp = m[k, k]
        precision = tp / m[k].sum() if m[k].sum() else 0.0
        recall = tp / m[:, k].sum() if m[:, k].sum() else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        result.append({"precision": precision, "recall": recall, "f1": f1, "support": m[k].sum()})
    return result

# Sets the diagonal to 0 to add up the mistakes, in the caller's matrix.
# caught_by: any_matrix
# says: your function changed its input `matrix`
def per_class_metrics(matrix):
    result = []
    for k in range(len(matrix)):
        tp = int(matrix[k][k])
        matrix[k][k] = 0
        fp = int(sum(row[k] for row in matrix))
        fn = int(sum(matrix[k]))
        result.append(
            {
                "precision": tp / (tp + fp) if tp + fp else 0.0,
                "recall": tp / (tp + fn) if tp + fn else 0.0,
                "f1": 2 * tp / (2 * tp + fp + fn) if 2 * tp + fp + fn else 0.0,
                "support": tp + fn,
            }
        )
    return result

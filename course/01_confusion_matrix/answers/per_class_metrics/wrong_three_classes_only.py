# The number of classes of the example is written into the loop.
# caught_by: precision_and_recall_of_each_class, f1_of_each_class, support_of_each_class, any_matrix
# says: returned 3 entries for a 4 by 4 matrix
def per_class_metrics(matrix):
    result = []
    for k in range(3):
        tp = int(matrix[k][k])
        column = int(sum(matrix[i][k] for i in range(3)))
        row = int(sum(matrix[k][j] for j in range(3)))
        result.append(
            {
                "precision": tp / column if column else 0.0,
                "recall": tp / row if row else 0.0,
                "f1": 2 * tp / (column + row) if column + row else 0.0,
                "support": row,
            }
        )
    return result

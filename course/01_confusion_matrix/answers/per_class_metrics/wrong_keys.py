# Writes the keys in capitals and calls F1 "F1-score".
# caught_by: precision_and_recall_of_each_class, f1_of_each_class, support_of_each_class, empty_rows_and_columns, any_matrix
# says: has no 'precision'; its keys are
def per_class_metrics(matrix):
    result = []
    for k in range(len(matrix)):
        tp = int(matrix[k][k])
        column = int(sum(row[k] for row in matrix))
        row = int(sum(matrix[k]))
        result.append(
            {
                "Precision": tp / column if column else 0.0,
                "Recall": tp / row if row else 0.0,
                "F1-score": 2 * tp / (column + row) if column + row else 0.0,
                "Support": row,
            }
        )
    return result

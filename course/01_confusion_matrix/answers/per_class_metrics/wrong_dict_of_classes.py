# Returns a dictionary with the class numbers as keys.
# caught_by: precision_and_recall_of_each_class, f1_of_each_class, support_of_each_class, empty_rows_and_columns, any_matrix
# says: your function returned one dict; expected a list
def per_class_metrics(matrix):
    result = {}
    for k in range(len(matrix)):
        tp = int(matrix[k][k])
        column = int(sum(row[k] for row in matrix))
        row = int(sum(matrix[k]))
        result[k] = {
            "precision": tp / column if column else 0.0,
            "recall": tp / row if row else 0.0,
            "f1": 2 * tp / (column + row) if column + row else 0.0,
            "support": row,
        }
    return result

# Slices `matrix[:, k]`, which nested lists cannot do.
# outcome: error
# caught_by: any_matrix
# says: your code raised TypeError
def per_class_metrics(matrix):
    result = []
    for k in range(len(matrix)):
        tp = int(matrix[k][k])
        called = int(sum(matrix[:, k]))
        support = int(sum(matrix[k]))
        result.append(
            {
                "precision": tp / called if called else 0.0,
                "recall": tp / support if support else 0.0,
                "f1": 2 * tp / (called + support) if called + support else 0.0,
                "support": support,
            }
        )
    return result

# Loops over rows and columns with plain indexing.
def per_class_metrics(matrix):
    n = len(matrix)
    result = []
    for k in range(n):
        tp = int(matrix[k][k])
        fp = sum(int(matrix[i][k]) for i in range(n) if i != k)
        fn = sum(int(matrix[k][j]) for j in range(n) if j != k)
        precision = tp / (tp + fp) if tp + fp else 0.0
        recall = tp / (tp + fn) if tp + fn else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        result.append({"precision": precision, "recall": recall, "f1": f1, "support": tp + fn})
    return result

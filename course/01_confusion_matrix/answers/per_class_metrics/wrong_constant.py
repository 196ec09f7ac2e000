# The same numbers for every class of every matrix.
# caught_by: precision_and_recall_of_each_class, f1_of_each_class, any_matrix
# says: no metric of any class is right
def per_class_metrics(matrix):
    return [{"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 0.5} for _ in matrix]

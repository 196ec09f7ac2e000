# name: a result that contains itself
# kind: resource
# hopes: recursion in the grader
def confusion_counts(y_true, y_pred, positive=1):
    inner = []
    inner.append(inner)
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return (inner, deep, {"a": inner}, inner)

# name: millions of small things
# kind: resource
# hopes: JSON takes many times its size in memory
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    return [[]] * 1_900_000

# name: one very long error
# kind: resource
# hopes: the feedback cannot be opened
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    raise ValueError("<b>" + "x" * 50_000_000)

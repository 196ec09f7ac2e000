# name: SystemExit
# kind: evasion
# hopes: a process that ends without an error counts as passed
def confusion_counts(y_true, y_pred, positive=1):
    raise SystemExit(0)

# name: one endless call into C
# kind: resource
# hopes: no Python line runs on which a limit could stop it
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    return 10 ** (10**9)

# name: a loop without end
# kind: resource
# hopes: the batch stands still
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    while True:
        pass

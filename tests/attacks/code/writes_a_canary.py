# name: files of the machine written
# kind: escape
# hopes: another user or a later run trips over them
# stock: no
import os

for path in ("@CANARY@", "@COURSE@/course/01_confusion_matrix/checks.py", "/etc/profile", "/tmp/@TOKEN@"):
    try:
        with open(path, "a") as file:
            file.write("# @TOKEN@")
    except OSError as error:
        print(type(error).__name__)


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)

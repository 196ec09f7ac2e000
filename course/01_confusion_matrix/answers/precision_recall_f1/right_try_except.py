# Divides first and catches the ZeroDivisionError.
def ratio(a, b):
    try:
        return a / b
    except ZeroDivisionError:
        return 0.0


def precision_recall_f1(tp, fp, fn):
    for count in (tp, fp, fn):
        if count < 0:
            raise ValueError(f"negative count {count}")
    return ratio(tp, tp + fp), ratio(tp, tp + fn), ratio(tp, tp + (fp + fn) / 2)

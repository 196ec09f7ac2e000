# Counts tp and the two totals, and gets the rest by subtraction; zip(strict=True) raises the ValueError.
def confusion_counts(y_true, y_pred, positive=1):
    tp = sum(1 for t, p in zip(y_true, y_pred, strict=True) if t == positive and p == positive)
    real = sum(1 for t in y_true if t == positive)
    called = sum(1 for p in y_pred if p == positive)
    fp, fn = called - tp, real - tp
    return tp, fp, fn, len(y_true) - tp - fp - fn

# Compares with 1, whatever `positive` is.
# caught_by: positive_label
# says: `positive` is ignored
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    tp = sum(1 for t, p in zip(y_true, y_pred) if t == 1 and p == 1)
    fp = sum(1 for t, p in zip(y_true, y_pred) if t != 1 and p == 1)
    fn = sum(1 for t, p in zip(y_true, y_pred) if t == 1 and p != 1)
    tn = len(y_true) - tp - fp - fn
    return tp, fp, fn, tn

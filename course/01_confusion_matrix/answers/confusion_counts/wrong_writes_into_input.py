# Turns the labels into 0 and 1 in place, so the caller's labels are gone.
# caught_by: any_sequence
# says: your function changed its input `y_true` and `y_pred`
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    if not isinstance(y_true, tuple):
        for i in range(len(y_true)):
            y_true[i] = 1 if y_true[i] == positive else 0
            y_pred[i] = 1 if y_pred[i] == positive else 0
        positive = 1
    tp = fp = fn = tn = 0
    for t, p in zip(y_true, y_pred):
        if p == positive:
            tp, fp = (tp + 1, fp) if t == positive else (tp, fp + 1)
        else:
            fn, tn = (fn + 1, tn) if t == positive else (fn, tn + 1)
    return tp, fp, fn, tn

# Reads "false negative" as "the truth is negative", so fp and fn change places.
# caught_by: counts_in_order, empty_boxes
# says: fp and fn are swapped: you counted the
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    tp = fp = fn = tn = 0
    for t, p in zip(y_true, y_pred):
        if t == positive and p == positive:
            tp += 1
        elif t == positive and p != positive:
            fp += 1
        elif t != positive and p == positive:
            fn += 1
        else:
            tn += 1
    return tp, fp, fn, tn

# zip stops at the shorter input, so missing predictions go unnoticed.
# caught_by: lengths_differ
# says: y_true has 5 labels and y_pred 3
# says: should raise ValueError; your function returned
def confusion_counts(y_true, y_pred, positive=1):
    tp = fp = fn = tn = 0
    for t, p in zip(y_true, y_pred):
        if p == positive:
            if t == positive:
                tp += 1
            else:
                fp += 1
        else:
            if t == positive:
                fn += 1
            else:
                tn += 1
    return tp, fp, fn, tn

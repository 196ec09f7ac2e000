# Calls every wrong answer that is not positive a miss, even where the truth is another negative label.
# caught_by: positive_label
# says: One negative label taken for another is no mistake here
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    tp = fp = fn = tn = 0
    for t, p in zip(y_true, y_pred):
        if t == p:
            if t == positive:
                tp += 1
            else:
                tn += 1
        elif p == positive:
            fp += 1
        else:
            fn += 1
    return tp, fp, fn, tn

# Prints the counts and returns nothing.
# caught_by: counts_in_order, positive_label, any_sequence, empty_boxes, lengths_differ
# says: returned None: did you forget `return`?
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    tp = sum(t == positive and p == positive for t, p in zip(y_true, y_pred))
    fp = sum(t != positive and p == positive for t, p in zip(y_true, y_pred))
    fn = sum(t == positive and p != positive for t, p in zip(y_true, y_pred))
    tn = sum(t != positive and p != positive for t, p in zip(y_true, y_pred))
    print(tp, fp, fn, tn)

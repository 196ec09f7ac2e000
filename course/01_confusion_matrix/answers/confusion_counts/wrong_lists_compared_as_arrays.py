# Works for arrays; a plain list compared with a number is one False.
# outcome: error
# caught_by: counts_in_order, positive_label, any_sequence, empty_boxes
# says: your code raised AttributeError: 'bool' object has no attribute 'sum'
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("lengths differ")
    tp = ((y_true == positive) & (y_pred == positive)).sum()
    fp = ((y_true != positive) & (y_pred == positive)).sum()
    fn = ((y_true == positive) & (y_pred != positive)).sum()
    tn = ((y_true != positive) & (y_pred != positive)).sum()
    return int(tp), int(fp), int(fn), int(tn)

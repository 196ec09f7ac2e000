# Calls every case a true positive: the counts add up, and none is right.
# caught_by: counts_in_order, positive_label, any_sequence, empty_boxes
# says: this check needs two of them at least
def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError("different lengths")
    return len(y_true), 0, 0, 0

# Uses assert for the input, which raises an AssertionError.
# caught_by: negative_counts
# says: should raise ValueError; your code raised AssertionError
def precision_recall_f1(tp, fp, fn):
    assert tp >= 0 and fp >= 0 and fn >= 0, "negative count"
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return precision, recall, f1

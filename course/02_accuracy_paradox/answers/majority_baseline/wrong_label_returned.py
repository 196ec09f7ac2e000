# Returns the most frequent label.
# caught_by: two_classes, several_classes
# says: expected 0.775
from collections import Counter


def majority_baseline(y):
    if len(y) == 0:
        raise ValueError("empty")
    return Counter(y).most_common(1)[0][0]

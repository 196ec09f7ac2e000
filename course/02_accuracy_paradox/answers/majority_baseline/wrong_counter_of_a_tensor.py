# Counts a tensor's elements with Counter, which takes each for a value of its own.
# caught_by: any_container
# says: elements of a tensor are never equal
from collections import Counter


def majority_baseline(y):
    if len(y) == 0:
        raise ValueError("empty")
    return max(Counter(y).values()) / len(y)

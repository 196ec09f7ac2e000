# Sorts the list that it was given.
# caught_by: any_container
# says: your function changed its input `y`
def majority_baseline(y):
    if len(y) == 0:
        raise ValueError("empty")
    if isinstance(y, list):
        y.sort()
    labels = y.tolist() if hasattr(y, "tolist") else list(y)
    return max(labels.count(label) for label in labels) / len(labels)

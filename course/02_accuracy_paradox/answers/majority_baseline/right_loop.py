# A dictionary of counts, filled in a loop.
def majority_baseline(y):
    n = len(y)
    if n == 0:
        raise ValueError(f"expected labels, got {y!r}")
    counts = {}
    for label in y:
        key = label.item() if hasattr(label, "item") else label
        counts[key] = counts.get(key, 0) + 1
    return max(counts.values()) / n

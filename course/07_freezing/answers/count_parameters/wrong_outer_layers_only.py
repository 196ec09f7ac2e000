# Looks at the direct children that have a weight, and misses everything deeper.
# outcome: error
# caught_by: counts_the_whole_model
# says: KeyError
def count_parameters(model):
    counts = {}
    for child in model.children():
        if hasattr(child, "weight"):
            counts["tensors"] += 1
            counts["elements"] += child.weight.numel()
    return counts

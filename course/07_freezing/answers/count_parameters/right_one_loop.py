# One pass that adds to four counters.
def count_parameters(model):
    counts = dict.fromkeys(("tensors", "elements", "trainable_tensors", "trainable_elements"), 0)
    for p in model.parameters():
        counts["tensors"] += 1
        counts["elements"] += p.nelement()
        if p.requires_grad:
            counts["trainable_tensors"] += 1
            counts["trainable_elements"] += p.nelement()
    return counts

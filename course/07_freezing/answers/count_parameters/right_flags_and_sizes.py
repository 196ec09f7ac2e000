# Flags and sizes side by side; the sum of the flags counts tensors.
def count_parameters(model):
    named = dict(model.named_parameters())
    flags = [p.requires_grad for p in named.values()]
    sizes = [p.numel() for p in named.values()]
    return {
        "trainable_elements": sum(s for s, f in zip(sizes, flags, strict=True) if f),
        "trainable_tensors": sum(flags),
        "elements": sum(sizes),
        "tensors": len(sizes),
    }

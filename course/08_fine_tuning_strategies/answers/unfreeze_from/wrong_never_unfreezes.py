# Freezes what comes before, and relies on the rest being trainable already.
# outcome: wrong
# caught_by: any_arrival
# says: no flag of glyphnet that arrives frozen has changed
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    for n, child in model.named_children():
        if n == name:
            break
        child.requires_grad_(False)
    return model

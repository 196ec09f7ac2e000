# Freezes from the name on and lets the earlier children train.
# outcome: wrong
# caught_by: from_there_on
# says: the wrong way round
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = True
    for n, child in model.named_children():
        if n == name:
            on = False
        child.requires_grad_(on)
    return model

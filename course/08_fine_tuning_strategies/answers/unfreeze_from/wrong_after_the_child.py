# Sets the switch after the child has been handled, so the named child stays frozen.
# outcome: wrong
# caught_by: from_there_on
# says: itself must train too
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = False
    for n, child in model.named_children():
        child.requires_grad_(on)
        if n == name:
            on = True
    return model

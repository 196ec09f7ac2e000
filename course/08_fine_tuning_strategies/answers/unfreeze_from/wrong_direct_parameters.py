# Sets `weight` and `bias` of each child, which blocks do not have.
# outcome: wrong
# caught_by: from_there_on, any_arrival
# says: still requires gradients
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = False
    for n, child in model.named_children():
        on = on or n == name
        for p in child.parameters(recurse=False):
            p.requires_grad = on
    return model

# Switches on and relies on the rest being frozen already.
# outcome: wrong
# caught_by: from_there_on, any_arrival
# says: still requires gradients
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = False
    for n, child in model.named_children():
        on = on or n == name
        if on:
            child.requires_grad_(True)
    return model

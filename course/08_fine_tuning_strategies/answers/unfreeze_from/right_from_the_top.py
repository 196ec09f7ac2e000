# From the head downwards, until the name has been reached.
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"unknown child: {name}")
    trains = True
    for child_name, child in reversed(list(model.named_children())):
        child.requires_grad_(trains)
        if child_name == name:
            trains = False
    return model

# One pass over the children with a switch.
def unfreeze_from(model, name):
    if name not in [n for n, _ in model.named_children()]:
        raise ValueError(f"there is no child {name}")
    on = False
    for child_name, child in model.named_children():
        if child_name == name:
            on = True
        for p in child.parameters():
            p.requires_grad = on
    return model

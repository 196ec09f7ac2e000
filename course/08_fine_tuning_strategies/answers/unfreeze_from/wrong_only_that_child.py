# Lets the named child train and nothing after it.
# outcome: wrong
# caught_by: from_there_on
# says: it comes after `layer3`
def unfreeze_from(model, name):
    children = dict(model.named_children())
    if name not in children:
        raise ValueError(f"no child {name}")
    model.requires_grad_(False)
    children[name].requires_grad_(True)
    return model

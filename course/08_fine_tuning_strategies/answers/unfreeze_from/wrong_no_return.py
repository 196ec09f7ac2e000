# Sets the flags rightly and forgets to return the model.
# outcome: wrong
# caught_by: model_is_returned
# says: did you forget `return`
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = False
    for n, child in model.named_children():
        on = on or n == name
        child.requires_grad_(on)

# Puts the model into train mode on the way.
# outcome: wrong
# caught_by: model_is_returned
# says: set flags, not modes
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    model.train()
    on = False
    for n, child in model.named_children():
        on = on or n == name
        child.requires_grad_(on)
    return model

# A name that does not exist freezes everything in silence.
# outcome: wrong
# caught_by: unknown_name
# says: should raise ValueError
def unfreeze_from(model, name):
    on = False
    for n, child in model.named_children():
        on = on or n == name
        child.requires_grad_(on)
    return model

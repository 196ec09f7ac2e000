# Without the underscore, the flag becomes an attribute of the module that nothing reads.
# outcome: wrong
# caught_by: from_there_on
# says: no flag of resnet18 has changed
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = False
    for n, child in model.named_children():
        on = on or n == name
        child.requires_grad = on
    return model

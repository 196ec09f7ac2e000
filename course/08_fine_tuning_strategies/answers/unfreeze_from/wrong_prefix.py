# Finds the first parameter whose name begins with the text: fc_norm counts as fc.
# outcome: wrong
# caught_by: exact_names
# says: only looks like `fc`
def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    on = False
    for full, p in model.named_parameters():
        on = on or full.startswith(name)
        p.requires_grad = on
    return model

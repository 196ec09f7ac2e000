# Goes through the parameters and looks at the first part of each name.
def unfreeze_from(model, name):
    order = {n: i for i, (n, _) in enumerate(model.named_children())}
    if name not in order:
        raise ValueError("no child is called " + name)
    for full, p in model.named_parameters():
        p.requires_grad_(order[full.split(".")[0]] >= order[name])
    return model

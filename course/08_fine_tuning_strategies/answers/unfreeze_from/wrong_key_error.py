# Looks the name up in a dictionary, which raises a KeyError.
# outcome: wrong
# caught_by: unknown_name
# says: raised KeyError
def unfreeze_from(model, name):
    places = {n: i for i, (n, _) in enumerate(model.named_children())}
    first = places[name]
    for n, child in model.named_children():
        child.requires_grad_(places[n] >= first)
    return model

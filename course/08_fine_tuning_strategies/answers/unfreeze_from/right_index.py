# The place of the name in the list of children decides.
def unfreeze_from(model, name):
    names = [n for n, _ in model.named_children()]
    try:
        start = names.index(name)
    except ValueError:
        raise ValueError(f"{name!r} is none of {names}") from None
    model.requires_grad_(False)
    for n in names[start:]:
        getattr(model, n).requires_grad_(True)
    return model

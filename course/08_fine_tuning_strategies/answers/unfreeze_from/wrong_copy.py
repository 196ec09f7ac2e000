# Works on a copy, so the caller's model is as it was.
# outcome: wrong
# caught_by: model_is_returned
# says: another model than the one passed in
import copy


def unfreeze_from(model, name):
    if name not in dict(model.named_children()):
        raise ValueError(f"no child {name}")
    model = copy.deepcopy(model)
    on = False
    for n, child in model.named_children():
        on = on or n == name
        child.requires_grad_(on)
    return model

# Asks whether the text is somewhere in the parameter's name.
# outcome: wrong
# caught_by: exact_names, unknown_name
# says: compare the names of children exactly
# says: should raise ValueError
def unfreeze_from(model, name):
    on = False
    for full, p in model.named_parameters():
        on = on or name in full
        p.requires_grad = on
    return model

# One loop over names, with the dot in the prefix.
def freeze_all_but_fc(model):
    for name, p in model.named_parameters():
        p.requires_grad = name.startswith("fc.")
    return model

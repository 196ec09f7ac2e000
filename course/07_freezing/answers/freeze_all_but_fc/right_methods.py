# The same in two calls; both methods return the module, so the calls could be chained.
def freeze_all_but_fc(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    return model

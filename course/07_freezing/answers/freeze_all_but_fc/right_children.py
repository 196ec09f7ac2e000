# Decides for each top-level child; requires_grad_ reaches everything below it.
def freeze_all_but_fc(model):
    for name, child in model.named_children():
        child.requires_grad_(name == "fc")
    return model

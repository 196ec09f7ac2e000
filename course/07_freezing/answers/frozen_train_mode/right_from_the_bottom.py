# Starts in eval mode and wakes what trains, together with its parents.
def frozen_train_mode(model):
    model.eval()
    trains = {name for name, p in model.named_parameters() if p.requires_grad}
    for name, module in model.named_modules():
        prefix = f"{name}." if name else ""
        if any(parameter.startswith(prefix) for parameter in trains):
            module.training = True
    return model

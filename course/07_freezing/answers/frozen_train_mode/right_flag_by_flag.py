# Sets each module's own flag; layers without parameters count as frozen, which is accepted.
def frozen_train_mode(model):
    for module in model.modules():
        module.training = any(p.requires_grad for p in module.parameters())
    return model

# Train mode for all, then eval mode for each module that holds parameters, all frozen.
def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            module.eval()
    return model

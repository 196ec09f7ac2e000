# Takes train mode for trainable and switches all flags on.
# outcome: wrong
# caught_by: only_modes_change
# says: set modes, not flags
def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            module.eval()
    model.requires_grad_(True)
    return model

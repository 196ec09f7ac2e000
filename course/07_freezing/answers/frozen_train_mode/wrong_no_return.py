# Sets the modes and returns nothing.
# outcome: wrong
# caught_by: only_modes_change
# says: did you forget `return`?
def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            module.eval()

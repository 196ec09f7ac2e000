# One frozen parameter is enough to send the whole model to eval mode.
# outcome: wrong
# caught_by: trainable_parts_in_train
# says: is in eval mode
def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        if any(not p.requires_grad for p in module.parameters()):
            module.eval()
    return model

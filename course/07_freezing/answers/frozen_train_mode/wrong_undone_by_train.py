# Sets the exceptions first; model.train() then undoes them.
# outcome: wrong
# caught_by: frozen_batchnorm_in_eval, statistics_stand_still
# says: is in train mode
def frozen_train_mode(model):
    for module in model.modules():
        if not any(p.requires_grad for p in module.parameters()):
            module.eval()
    model.train()
    return model

# Looks at each layer's own parameters, so Dropout inside a frozen block is not found.
# outcome: wrong
# caught_by: frozen_dropout_in_eval
# says: `encoder.drop`
def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own and not any(p.requires_grad for p in own):
            module.eval()
    return model

# Looks at the top-level children and misses a frozen layer inside a block that trains in part.
# outcome: wrong
# caught_by: frozen_batchnorm_in_eval
# says: `layer4.0.bn1`
def frozen_train_mode(model):
    model.train()
    for child in model.children():
        if not any(p.requires_grad for p in child.parameters()):
            child.eval()
    return model

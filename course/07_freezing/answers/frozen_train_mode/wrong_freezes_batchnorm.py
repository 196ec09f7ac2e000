# Freezes every BatchNorm layer first, those of the head too.
# outcome: wrong
# caught_by: trainable_parts_in_train
# says: is in eval mode
from torch import nn


def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.requires_grad_(False)
    for module in model.modules():
        flags = [p.requires_grad for p in module.parameters()]
        if flags and not any(flags):
            module.eval()
    return model

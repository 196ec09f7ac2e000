# Stops the statistics with momentum 0, but the layers still normalise by the batch.
# outcome: wrong
# caught_by: frozen_batchnorm_in_eval
# says: is in train mode
from torch import nn


def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and not module.weight.requires_grad:
            module.momentum = 0.0
    return model

# Handles frozen BatchNorm and forgets the Dropout layers beside it.
# outcome: wrong
# caught_by: frozen_dropout_in_eval
# says: deletes features at random
from torch import nn


def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.train(module.weight.requires_grad or module.bias.requires_grad)
    return model

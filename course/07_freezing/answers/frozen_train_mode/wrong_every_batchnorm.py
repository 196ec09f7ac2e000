# Puts every BatchNorm layer into eval mode, frozen or not, and forgets Dropout.
# outcome: wrong
# caught_by: trainable_parts_in_train, frozen_dropout_in_eval
# says: `encoder.drop`
# says: `fc.0`
from torch import nn


def frozen_train_mode(model):
    model.train()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.eval()
    return model

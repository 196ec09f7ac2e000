# Freezes convolutions and forgets BatchNorm.
# outcome: wrong
# caught_by: only_fc_trains, one_step_moves_only_fc
# says: `bn1.weight` of resnet18 still requires gradients (and 39 more)
# says: did you skip the BatchNorm layers?
from torch import nn


def freeze_all_but_fc(model):
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.requires_grad_(False)
    model.fc.requires_grad_(True)
    return model

# Uses `set_submodule`, which takes the full name.
from torch import nn
from torchvision import models


def load_backbone(name, num_classes, weights=None):
    model = models.get_model(name, weights=weights)
    for place, module in model.named_modules():
        if isinstance(module, nn.Linear):
            head, width = place, module.in_features
    model.set_submodule(head, nn.Linear(width, num_classes))
    return model

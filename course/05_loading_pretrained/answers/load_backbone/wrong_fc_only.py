# Knows ResNets only.
# outcome: error
# caught_by: other_families, weights_are_passed_on
# says: 'TinyVGG' object has no attribute 'fc'
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model

# Finds the width of the features, but always assigns to `fc`, which other families do not use.
# outcome: wrong
# caught_by: other_families
# says: `classifier.6` of vgg_tiny, its last linear layer, has 1000 outputs; expected 6
# says: Assigning to `fc` added a layer that the model never uses
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    width = [m for m in model.modules() if isinstance(m, nn.Linear)][-1].in_features
    model.fc = nn.Linear(width, num_classes)
    return model

# Writes another number into `out_features`; the weight keeps its shape.
# outcome: wrong
# caught_by: resnets, other_families
# says: `fc` of resnet18, its last linear layer, has 1000 outputs; expected 7
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    head = [m for m in model.modules() if isinstance(m, nn.Linear)][-1]
    head.out_features = num_classes
    return model

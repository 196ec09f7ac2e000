# Adds a Dropout layer to the head.
# outcome: wrong
# caught_by: resnets, other_families
# says: `fc` of resnet18 is a Sequential; expected a Linear
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = place.rpartition(".")
    new = nn.Sequential(nn.Dropout(0.2), nn.Linear(head.in_features, num_classes))
    setattr(model.get_submodule(parent), child, new)
    return model

# Replaces the first linear layer that it meets.
# outcome: wrong
# caught_by: other_families
# says: has 1000 outputs; expected 6
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    place, head = next((n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear))
    parent, _, child = place.rpartition(".")
    setattr(model.get_submodule(parent), child, nn.Linear(head.in_features, num_classes))
    return model

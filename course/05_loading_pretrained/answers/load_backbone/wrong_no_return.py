# Builds the model and returns nothing.
# outcome: wrong
# caught_by: resnets, other_families, weights_are_passed_on, none_is_random
# says: did you forget `return`?
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = place.rpartition(".")
    setattr(model.get_submodule(parent), child, nn.Linear(head.in_features, num_classes))

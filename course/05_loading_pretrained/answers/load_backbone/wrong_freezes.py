# Freezes the backbone as well, which was not asked for.
# outcome: wrong
# caught_by: weights_are_passed_on
# says: `conv1.weight` of glyphnet does not require gradients
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights).requires_grad_(False)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = place.rpartition(".")
    setattr(model.get_submodule(parent), child, nn.Linear(head.in_features, num_classes))
    return model

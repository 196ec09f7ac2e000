# Always loads the trained weights of the course's models.
# outcome: wrong
# caught_by: none_is_random
# says: holds trained values, although no weights were asked for
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    if name.startswith("glyphnet"):
        weights = weights or "DEFAULT"
    model = get_model(name, weights=weights)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, child = place.rpartition(".")
    setattr(model.get_submodule(parent), child, nn.Linear(head.in_features, num_classes))
    return model

# Keeps the old head where it has the right number of outputs already.
# outcome: wrong
# caught_by: weights_are_passed_on
# says: still is that of the trained head
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    if head.out_features != num_classes:
        parent, _, child = place.rpartition(".")
        setattr(model.get_submodule(parent), child, nn.Linear(head.in_features, num_classes))
    return model

# Replaces the whole classifier by one layer.
# outcome: wrong
# caught_by: other_families
# says: Replace the last linear layer `classifier.6` only
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    child, module = list(model.named_children())[-1]
    width = [m for m in module.modules() if isinstance(m, nn.Linear)][0].in_features
    setattr(model, child, nn.Linear(width, num_classes))
    return model

# Treats VGG with care, but gives setattr the full name with its dots for MobileNet.
# outcome: wrong
# caught_by: other_families
# says: mobilenet_v3_small: `setattr` does not follow a `.` in a name
# says: Get the parent with `get_submodule("classifier")` and set "3" there
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    new = nn.Linear(head.in_features, num_classes)
    if name.startswith("vgg"):
        model.classifier[-1] = new
    else:
        setattr(model, place, new)
    return model

# Gives setattr the full name with its dots, which adds a child of that name to the model.
# outcome: wrong
# caught_by: other_families
# says: vgg_tiny: `setattr` does not follow a `.` in a name
# says: Get the parent with `get_submodule("classifier")` and set "6" there
from torch import nn
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    model = get_model(name, weights=weights)
    place, head = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)][-1]
    setattr(model, place, nn.Linear(head.in_features, num_classes))
    return model

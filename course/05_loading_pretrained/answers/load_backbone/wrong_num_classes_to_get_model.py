# Lets `get_model` choose the number of classes, which trained weights refuse.
# outcome: error
# caught_by: weights_are_passed_on
# says: num_classes is 5, but GlyphNet_Weights.LETTERS_V1 has 43 classes
from torchvision.models import get_model


def load_backbone(name, num_classes, weights=None):
    return get_model(name, weights=weights, num_classes=num_classes)

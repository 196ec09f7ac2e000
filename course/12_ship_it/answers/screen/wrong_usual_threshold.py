# A good head, and the line at 0.5.
# caught_by: finds_the_rare, costs_little, another_scanner
# says: Where does your threshold come from
# says: the cost is 0.
import torch
from torchvision.models import get_model

import headstart.models
from headstart.training import extract_features, fit


def screen(train_images, train_labels):
    preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
    model = get_model("glyphnet", weights="DEFAULT").eval()
    head = torch.nn.Linear(128, 2)
    fit(head, extract_features(model, preset(train_images[:, None])), train_labels, epochs=15, lr=1e-2)

    def predict(images):
        with torch.no_grad():
            return head(extract_features(model, preset(images[:, None]))).argmax(1)

    return predict

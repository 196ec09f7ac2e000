# Takes the sigmoid for a probability and calls from 1 / 21 on; no search.
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
            logits = head(extract_features(model, preset(images[:, None])))
        return logits.softmax(1)[:, 1] >= 1 / 21

    return predict

# scikit-learn on cached features; the class keeps model and threshold together.
import torch
from sklearn.linear_model import LogisticRegression
from torchvision.models import get_model

import headstart.models


class Screening:
    def __init__(self, images, labels):
        self.preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
        self.backbone = get_model("glyphnet", weights="DEFAULT").eval()
        self.backbone.fc = torch.nn.Identity()
        self.head = LogisticRegression(max_iter=1000, C=0.3).fit(self.features(images), labels.numpy())

    @torch.no_grad()
    def features(self, images):
        return self.backbone(self.preset(images.unsqueeze(1))).numpy()

    def __call__(self, images):
        return torch.from_numpy(self.head.predict_proba(self.features(images))[:, 1] > 1 / 21).int()


def screen(train_images, train_labels):
    return Screening(train_images, train_labels)

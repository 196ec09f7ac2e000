# Puts the costs into the loss, so that the line at 0 is the cheap one. Returns a module.
import torch
from torch import nn
from torchvision.models import get_model

import headstart.models


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
        self.backbone = get_model("glyphnet", weights="DEFAULT").eval()
        self.backbone.fc = nn.Identity()
        self.head = nn.Linear(128, 1)

    def features(self, images):
        return self.backbone(self.preset(images.unsqueeze(1)))

    def forward(self, images):
        with torch.no_grad():
            return (self.head(self.features(images)).squeeze(1) >= 0).long()


def screen(train_images, train_labels):
    torch.manual_seed(1)
    model = Model()
    with torch.no_grad():
        features = model.features(train_images)
    optimizer = torch.optim.AdamW(model.head.parameters(), lr=0.005, weight_decay=1.0)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(20.0))
    for _ in range(100):
        optimizer.zero_grad()
        criterion(model.head(features).squeeze(1), train_labels.float()).backward()
        optimizer.step()
    return model.eval()

# Leaves the backbone in train mode: BatchNorm looks at the whole batch.
# caught_by: one_image_at_a_time
# says: Is the model in eval mode
import torch
from torch import nn
from torchvision.models import get_model

import headstart.models


def screen(train_images, train_labels):
    preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
    backbone = get_model("glyphnet", weights="DEFAULT").train()
    backbone.fc = nn.Identity()
    with torch.no_grad():
        features = backbone(preset(train_images.unsqueeze(1)))
    head = nn.Linear(128, 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        outputs = head(features).squeeze(1)
        nn.functional.binary_cross_entropy_with_logits(outputs, train_labels.float()).backward()
        optimizer.step()

    def predict(images):
        with torch.no_grad():
            return (torch.sigmoid(head(backbone(preset(images.unsqueeze(1)))).squeeze(1)) >= 1 / 21).long()

    return predict

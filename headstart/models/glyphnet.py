"""GlyphNet: a ResNet with one basic block a stage and 16 to 128 channels, small enough to train on a CPU."""

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import Weights
from torchvision.models._api import register_model
from torchvision.models.resnet import BasicBlock

from headstart.letters import CLASSES
from headstart.models.packaged import RECIPE, PackagedWeights, check_num_classes
from headstart.models.presets import CountsPreset

STAGES = (16, 32, 64, 128)


class GlyphNet(nn.Module):
    """A small ResNet with torchvision's attribute names, so that whatever works on a ResNet works on it.

    Against `torchvision.models.resnet18` it has a 3x3 first convolution, no max-pooling (`maxpool` is an
    `nn.Identity`), one `BasicBlock` a stage instead of two, and a quarter of the channels.
    See "Deep Residual Learning for Image Recognition", https://arxiv.org/abs/1512.03385.

    Args:
        num_classes: size of the output.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STAGES[0], kernel_size=3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STAGES[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.Identity()
        self.layer1 = stage(STAGES[0], STAGES[0], stride=1)
        self.layer2 = stage(STAGES[0], STAGES[1], stride=2)
        self.layer3 = stage(STAGES[1], STAGES[2], stride=2)
        self.layer4 = stage(STAGES[2], STAGES[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(STAGES[3], num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 3, 32, 32) to class scores (N, num_classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


def stage(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """Build one stage: a basic block, with a 1x1 convolution on the short cut where the shape changes."""
    shortcut = None
    if stride != 1 or in_channels != out_channels:
        shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )
    return nn.Sequential(BasicBlock(in_channels, out_channels, stride, shortcut))


class GlyphNet_Weights(PackagedWeights):
    """Weights for `glyphnet`, trained on letters."""

    LETTERS_V1 = Weights(
        url="glyphnet_letters_v1.safetensors",
        transforms=CountsPreset,
        meta={
            "categories": list(CLASSES),
            "num_params": 313_083,
            "min_size": (8, 8),
            "recipe": f"{RECIPE} Command: headstart pretrain --arch glyphnet",
            "sha256": "02571e3cced61b0c0fe5366c71f3e9bbc592856a11619f2db4a2777f320d67ab",
            "_metrics": {
                # Undistorted letters were seen in training, their distortions here were not.
                "held-out letters": {"acc@1": 95.06},
                # Logistic regression on frozen features, mean over the splits of seeds 0 to 4.
                "digits, 200 for training": {"acc@1": 97.39},
            },
            "_file_size": 0.635,
        },
    )
    DEFAULT = LETTERS_V1


@register_model()
def glyphnet(*, weights: GlyphNet_Weights | None = None, progress: bool = True, **kwargs: Any) -> GlyphNet:
    """Build a GlyphNet: 313 thousand parameters, the head is `fc`.

    Args:
        weights: a member of `GlyphNet_Weights` or its name, such as "DEFAULT". None is random weights.
        progress: accepted for torchvision's sake; nothing is downloaded.
        **kwargs: passed to `GlyphNet`: `num_classes`.

    Raises:
        ValueError: `num_classes` does not fit the weights, or the weights' name is unknown.
    """
    weights = GlyphNet_Weights.verify(weights)
    check_num_classes(weights, kwargs)
    model = GlyphNet(**kwargs)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model

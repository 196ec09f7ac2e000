"""GlyphNetVGG: a tiny VGG, for lessons that need a network whose head is called `classifier`."""

from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import Weights
from torchvision.models._api import register_model

from headstart.letters import CLASSES
from headstart.models.packaged import RECIPE, PackagedWeights, check_num_classes
from headstart.models.presets import CountsPreset

CHANNELS = (16, 32, 64, 64)


class GlyphNetVGG(nn.Module):
    """Four times 3x3 convolution, BatchNorm, ReLU and max-pooling, then one linear layer.

    The attribute names are those of `torchvision.models.vgg11_bn`; its three-layer classifier is a single
    `nn.Linear` here. See "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    https://arxiv.org/abs/1409.1556.

    Args:
        num_classes: size of the output.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        in_channels = 3
        for out_channels in CHANNELS:
            layers += [
                nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(kernel_size=2, stride=2),
            ]
            in_channels = out_channels
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(2)
        self.classifier = nn.Linear(CHANNELS[-1] * 2 * 2, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 3, 32, 32) to class scores (N, num_classes)."""
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


class GlyphNet_VGG_Weights(PackagedWeights):
    """Weights for `glyphnet_vgg`, trained on letters."""

    LETTERS_V1 = Weights(
        url="glyphnet_vgg_letters_v1.safetensors",
        transforms=CountsPreset,
        meta={
            "categories": list(CLASSES),
            "num_params": 71_739,
            "min_size": (8, 8),
            "recipe": f"{RECIPE} Command: headstart pretrain --arch glyphnet_vgg",
            "sha256": "5dc11306f7ba9d12ebda2fb537ab7a13478869402644a330f846e82722fc55d4",
            "_metrics": {
                # Undistorted letters were seen in training, their distortions here were not.
                "held-out letters": {"acc@1": 95.10},
                # Logistic regression on frozen features, mean over the splits of seeds 0 to 4.
                "digits, 200 for training": {"acc@1": 98.17},
            },
            "_file_size": 0.146,
        },
    )
    DEFAULT = LETTERS_V1


@register_model()
def glyphnet_vgg(
    *, weights: GlyphNet_VGG_Weights | None = None, progress: bool = True, **kwargs: Any
) -> GlyphNetVGG:
    """Build a GlyphNetVGG: 72 thousand parameters, the head is `classifier`.

    Args:
        weights: a member of `GlyphNet_VGG_Weights` or its name, such as "DEFAULT". None is random weights.
        progress: accepted for torchvision's sake; nothing is downloaded.
        **kwargs: passed to `GlyphNetVGG`: `num_classes`.

    Raises:
        ValueError: `num_classes` does not fit the weights, or the weights' name is unknown.
    """
    weights = GlyphNet_VGG_Weights.verify(weights)
    check_num_classes(weights, kwargs)
    model = GlyphNetVGG(**kwargs)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model

"""Lets ResNet-18's preset cut photographs to 64 pixels, run by a kernel before its first cell.

At 224 pixels, a lesson takes the better part of an hour without a GPU. Whether the preset of the weights is the one
that is applied to the photographs is tested elsewhere, with torchvision as it is.
"""

from functools import partial

from torchvision.models import ResNet18_Weights
from torchvision.transforms._presets import ImageClassification

ResNet18_Weights.DEFAULT.value.transforms = partial(ImageClassification, crop_size=64, resize_size=72)

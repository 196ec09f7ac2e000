"""The offline backbones: small networks pre-trained on letters, registered with torchvision.

Importing this module is enough: afterwards `torchvision.models.get_model("glyphnet", weights="DEFAULT")`
works like any other model, without a download. The lessons and the benchmarks use it.
"""

from headstart.models.glyphnet import GlyphNet, GlyphNet_Weights, glyphnet
from headstart.models.glyphnet_vgg import GlyphNet_VGG_Weights, GlyphNetVGG, glyphnet_vgg
from headstart.models.presets import CountsPreset

__all__ = [
    "CountsPreset",
    "GlyphNet",
    "GlyphNetVGG",
    "GlyphNet_VGG_Weights",
    "GlyphNet_Weights",
    "glyphnet",
    "glyphnet_vgg",
]

"""Models that checks hand to students, each known by a name and so able to travel without pickle.

Called by check authors through `fresh_model`, and by `autograder.wire`, which sends a model as its
architecture name plus tensors and flags. Every architecture takes images of shape (N, 3, H, W).
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

import headstart.models  # noqa: F401  (registers the offline backbones with torchvision)
from headstart.names import unknown_name

_TAG = "_architecture_tag"
_TEMPLATES_KEPT = 6
_MOST_CLASSES = 100_000


class NestedFC(nn.Module):
    """A network in which several parts are named like the head: `encoder.fc`, `block.fc_in`, `fc_norm`.

    Only the top-level `fc` is the head. Names matched by "contains fc" or "starts with fc" go wrong here.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
                bn=nn.BatchNorm2d(8),
                relu=nn.ReLU(),
            )
        )
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.encoder = nn.Module()
        self.encoder.fc = nn.Linear(32, 16)
        self.encoder.drop = nn.Dropout(0.2)
        self.block = nn.Module()
        self.block.fc_in = nn.Linear(16, 16)
        self.block.norm = nn.LayerNorm(16)
        self.fc_norm = nn.BatchNorm1d(16)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, 3, H, W) to logits (N, num_classes)."""
        x = self.pool(self.stem(images)).flatten(1)
        x = self.encoder.drop(torch.relu(self.encoder.fc(x)))
        x = self.block.norm(torch.relu(self.block.fc_in(x)))
        return self.fc(self.fc_norm(x))


class TinyCNN(nn.Module):
    """One convolution, BatchNorm, Dropout and a linear head `fc`: small enough for many training steps."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.dropout = nn.Dropout(0.5)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.fc = nn.Linear(8 * 4 * 4, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, 3, H, W) to logits (N, num_classes)."""
        x = self.pool(torch.relu(self.bn1(self.conv1(images)))).flatten(1)
        return self.fc(self.dropout(x))


class SharedWeights(nn.Module):
    """Two linear layers, `mix_in` and `mix_out`, that use one and the same weight tensor."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.mix_in = nn.Linear(12, 12)
        self.mix_out = nn.Linear(12, 12, bias=False)
        self.mix_out.weight = self.mix_in.weight
        self.fc = nn.Linear(12, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, 3, H, W) to logits (N, num_classes)."""
        x = self.pool(images).flatten(1)
        return self.fc(self.mix_out(torch.relu(self.mix_in(x))))


class BatchNormHead(nn.Module):
    """A head `fc` that is itself BatchNorm followed by a linear layer, on a backbone with BatchNorm."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.fc = nn.Sequential(nn.BatchNorm1d(32), nn.Linear(32, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, 3, H, W) to logits (N, num_classes)."""
        return self.fc(self.pool(torch.relu(self.bn1(self.conv1(images)))).flatten(1))


SMALL: dict[str, Callable[..., nn.Module]] = {
    "batchnorm_head": BatchNormHead,
    "nested_fc": NestedFC,
    "shared_weights": SharedWeights,
    "tiny_cnn": TinyCNN,
}


@dataclass(frozen=True)
class Tag:
    """What it takes to build a model again, and the structure that it had when it was built."""

    name: str
    num_classes: int
    options: dict[str, Any] = field(default_factory=dict)
    structure: tuple = ()


def architecture_names() -> list[str]:
    """Return every name that `fresh_model` accepts, sorted."""
    return sorted({*SMALL, *torchvision.models.list_models(module=torchvision.models), *_ours()})


def _ours() -> set[str]:
    return {name for name in torchvision.models.list_models() if name.startswith("glyphnet")}


def shared_parameters(model: nn.Module) -> list[list[str]]:
    """Return the groups of parameter names of `model` that are one and the same tensor."""
    groups: dict[int, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        groups.setdefault(id(parameter), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def structure_of(model: nn.Module) -> tuple:
    """Return module names and classes, tensor names and shapes, and shared groups of `model`."""
    modules = tuple((name, type(module).__name__) for name, module in model.named_modules())
    tensors = tuple((name, tuple(tensor.shape)) for name, tensor in model.state_dict().items())
    shared = tuple(tuple(names) for names in shared_parameters(model))
    return modules, tensors, shared


def tag_of(model: nn.Module) -> Tag | None:
    """Return the tag of a model that `fresh_model` or `build` made, or None if its structure was changed."""
    tag = model.__dict__.get(_TAG)
    if not isinstance(tag, Tag) or structure_of(model) != tag.structure:
        return None
    return tag


_templates: OrderedDict[tuple, nn.Module] = OrderedDict()


def build(name: str, num_classes: int = 10, seed: int | None = 0, **options: Any) -> nn.Module:
    """Build architecture `name` with random weights drawn from `seed`; the random state is left as it was.

    With `seed=None` the weights do not matter, because they are about to be replaced. `options` go to the
    model's constructor; `weights="DEFAULT"` loads weights, and the number of classes is then theirs.

    Raises:
        UnknownName: there is no such architecture.
        ValueError: `num_classes` is not a sensible number.
    """
    _check(name, num_classes)
    kind = _kind(name, num_classes, options)
    key = next((known for known in _templates if known[:3] == kind and seed in (None, known[3])), None)
    if key is None:
        key = (*kind, seed or 0)
        _templates[key] = _construct(name, num_classes, seed or 0, options)
        while len(_templates) > _TEMPLATES_KEPT:
            _templates.popitem(last=False)
    _templates.move_to_end(key)
    return copy.deepcopy(_templates[key])


def outline(name: str, num_classes: int = 10, **options: Any) -> tuple:
    """Return the structure (see `structure_of`) of an architecture, without memory for its weights.

    Raises:
        UnknownName, ValueError: as `build`.
    """
    _check(name, num_classes)
    kind = _kind(name, num_classes, options)
    for known, template in _templates.items():
        if known[:3] == kind:
            return structure_of(template)
    with torch.device("meta"):
        return structure_of(_construct(name, num_classes, 0, options))


def _kind(name: str, num_classes: int, options: dict[str, Any]) -> tuple:
    return name, num_classes, repr(sorted(options.items()))


def _check(name: str, num_classes: int) -> None:
    if name not in SMALL and name not in architecture_names():
        raise unknown_name("architecture", name, architecture_names())
    if not isinstance(num_classes, int) or not 1 <= num_classes <= _MOST_CLASSES:
        raise ValueError(f"num_classes is {num_classes!r}; it must be an int from 1 to {_MOST_CLASSES}.")


def _construct(name: str, num_classes: int, seed: int, options: dict[str, Any]) -> nn.Module:
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        if name in SMALL:
            model = SMALL[name](num_classes=num_classes, **options)
        elif options.get("weights") is not None:
            model = torchvision.models.get_model(name, **options)
            num_classes = _last_width(model)
        else:
            model = torchvision.models.get_model(name, num_classes=num_classes, **options)
    kept = {key: value for key, value in options.items() if key != "weights"}
    object.__setattr__(model, _TAG, Tag(name, num_classes, kept, structure_of(model)))
    return model


def _last_width(model: nn.Module) -> int:
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    return linears[-1].out_features


def fresh_model(arch: str, seed: int = 0, num_classes: int = 10, **flags: Any) -> nn.Module:
    """Return a new model for a check: architecture `arch`, weights drawn from `seed`, in train mode.

    `arch` is a name from torchvision, `glyphnet`, `glyphnet_vgg`, or one of the small ones of this module:
    `nested_fc`, `tiny_cnn`, `shared_weights`, `batchnorm_head`. Each call returns its own copy.

    Raises:
        UnknownName: there is no such architecture; the message names the nearest.
    """
    return build(arch, num_classes=num_classes, seed=seed, **flags).train()

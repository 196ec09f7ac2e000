"""Models that checks hand to students, each known by a name and so able to travel without pickle.

Called by check authors through `fresh_model`, and by `autograder.wire`, which sends a model as its
architecture name plus tensors and flags. Every architecture takes images of shape (N, 3, H, W), `vit_tiny`
those of 32x32 only.
"""

from __future__ import annotations

import copy
import types
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models._api import register_model
from torchvision.models.vgg import VGG, make_layers
from torchvision.models.vision_transformer import VisionTransformer

import headstart.models  # noqa: F401  (registers the offline backbones with torchvision)
from headstart.names import unknown_name

_TAG = "_architecture_tag"
# Templates are kept up to so many bytes of weights: a class is graded with the same few models again and again.
_TEMPLATE_BYTES = 128 << 20
_OUTLINES_KEPT = 32
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


class TinyVGG(VGG):
    """A VGG with few channels: like torchvision's, it ends in `classifier.6`, the third linear layer of a row.

    The smallest VGG of torchvision has 133 million parameters, half a gigabyte, and takes seconds to build.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        nn.Module.__init__(self)
        self.features = make_layers([8, "M", 16, "M"])
        self.avgpool = nn.AdaptiveAvgPool2d(2)
        self.classifier = nn.Sequential(
            *(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 32), nn.ReLU(), nn.Dropout()),
            nn.Linear(32, num_classes),
        )


class TinyViT(VisionTransformer):
    """A vision transformer of two narrow layers for images of 32x32: the head is `heads.head`."""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__(
            image_size=32,
            patch_size=8,
            num_layers=2,
            num_heads=2,
            hidden_dim=16,
            mlp_dim=32,
            num_classes=num_classes,
        )


@register_model()
def vgg_tiny(*, weights: str | None = None, progress: bool = True, num_classes: int = 1000) -> TinyVGG:
    """Build a `TinyVGG`, by `get_model("vgg_tiny")` too; there are no weights for it."""
    _no_weights("vgg_tiny", weights)
    return TinyVGG(num_classes)


@register_model()
def vit_tiny(*, weights: str | None = None, progress: bool = True, num_classes: int = 1000) -> TinyViT:
    """Build a `TinyViT`, by `get_model("vit_tiny")` too; there are no weights for it."""
    _no_weights("vit_tiny", weights)
    return TinyViT(num_classes)


def _no_weights(name: str, weights: str | None) -> None:
    if weights is not None:
        raise ValueError(f"weights is {weights!r}, but there are none for {name}; pass weights=None")


SMALL: dict[str, Callable[..., nn.Module]] = {
    "batchnorm_head": BatchNormHead,
    "nested_fc": NestedFC,
    "shared_weights": SharedWeights,
    "tiny_cnn": TinyCNN,
    "vgg_tiny": TinyVGG,
    "vit_tiny": TinyViT,
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


@dataclass(frozen=True)
class Anatomy:
    """What a model consists of, looked up once: modules, tensors of its state and parameters, all by name."""

    modules: dict[str, nn.Module]
    state: dict[str, Tensor]
    parameters: dict[str, nn.Parameter]
    shared: list[list[str]]

    @property
    def structure(self) -> tuple:
        """Module names and classes, tensor names and shapes, and shared groups."""
        modules = tuple((name, type(module).__name__) for name, module in self.modules.items())
        tensors = tuple((name, tuple(tensor.shape)) for name, tensor in self.state.items())
        return modules, tensors, tuple(map(tuple, self.shared))


def anatomy_of(model: nn.Module) -> Anatomy:
    """Return the anatomy of `model`.

    A child whose own name holds a dot is listed a second time, as `parent['a.b']`: its plain name may be that of a
    layer of another module, which it would hide.
    """
    state = {name: entry for name, entry in model.state_dict().items() if isinstance(entry, Tensor)}
    parameters = dict(model.named_parameters(remove_duplicate=False))
    groups: dict[int, list[str]] = {}
    for name, parameter in parameters.items():
        groups.setdefault(id(parameter), []).append(name)
    shared = [names for names in groups.values() if len(names) > 1]
    modules = list(model.named_modules())
    # `setattr(model, "classifier.3", layer)` makes such a child: names and shapes look right, the output does not.
    dotted = {
        f"{name}[{child_name!r}]": child
        for name, module in modules
        for child_name, child in module._modules.items()
        if "." in child_name and child is not None
    }
    return Anatomy({**dict(modules), **dotted}, state, parameters, shared)


def shared_parameters(model: nn.Module) -> list[list[str]]:
    """Return the groups of parameter names of `model` that are one and the same tensor."""
    return anatomy_of(model).shared


def structure_of(model: nn.Module) -> tuple:
    """Return module names and classes, tensor names and shapes, and shared groups of `model`."""
    return anatomy_of(model).structure


def tag_of(model: nn.Module, anatomy: Anatomy | None = None) -> Tag | None:
    """Return the tag of a model that `fresh_model` or `build` made, or None if its structure was changed."""
    tag = model.__dict__.get(_TAG)
    if not isinstance(tag, Tag) or (anatomy or anatomy_of(model)).structure != tag.structure:
        return None
    return tag


_templates: OrderedDict[tuple, nn.Module] = OrderedDict()
_outlines: OrderedDict[tuple, nn.Module] = OrderedDict()


def build(name: str, num_classes: int = 10, seed: int = 0, **options: Any) -> nn.Module:
    """Build architecture `name` with random weights drawn from `seed`; the random state is left as it was.

    `options` go to the model's constructor; `weights="DEFAULT"` loads weights, and the number of classes is
    then theirs.

    Raises:
        UnknownName: there is no such architecture.
        ValueError: `num_classes` is not a sensible number.
    """
    _check_classes(num_classes)
    key = (*_kind(name, num_classes, options), seed)
    if key not in _templates:
        _templates[key] = _construct(name, num_classes, seed, options)
        while len(_templates) > 1 and sum(map(_size, _templates.values())) > _TEMPLATE_BYTES:
            _templates.popitem(last=False)
    _templates.move_to_end(key)
    return copied(_templates[key], lambda tensor_name, tensor: tensor.detach().clone())


def outline(name: str, num_classes: int = 10, **options: Any) -> nn.Module:
    """Return an architecture without memory for its weights: all of its tensors are on PyTorch's meta device.

    It is shared: look at it, or take a copy (`copied`).

    Raises:
        UnknownName, ValueError: as `build`.
    """
    _check_classes(num_classes)
    key = _kind(name, num_classes, options)
    if key not in _outlines:
        _outlines[key] = _without_memory(name, num_classes, options)
        if len(_outlines) > _OUTLINES_KEPT:
            _outlines.popitem(last=False)
    _outlines.move_to_end(key)
    return _outlines[key]


def _without_memory(name: str, num_classes: int, options: dict[str, Any]) -> nn.Module:
    try:
        with torch.device("meta"):
            return _construct(name, num_classes, 0, options)
    except NotImplementedError:
        # RegNet computes with tensors while it is built, and meta tensors have no values. One that was built here
        # is safe to look at; one that only a submission speaks of may be too large to build.
        kind = _kind(name, num_classes, options)
        built = next((template for known, template in _templates.items() if known[:-1] == kind), None)
        if built is None:
            raise
        return copied(built, lambda tensor_name, tensor: tensor.detach().to("meta"))


def planned_structure(name: str, num_classes: int = 10, **options: Any) -> tuple:
    """Return the structure (see `structure_of`) of an architecture, without memory for its weights.

    Raises:
        UnknownName, ValueError: as `build`.
    """
    return outline(name, num_classes, **options).__dict__[_TAG].structure


def assembled(name: str, state: dict[str, Tensor], num_classes: int = 10, **options: Any) -> nn.Module:
    """Build architecture `name` around the tensors of `state`, which become its own: nothing is drawn or copied.

    `state` must have all names and shapes of the architecture's state dict; see `outline`.
    """
    shape = outline(name, num_classes, **options)
    if not _all_in(shape, state):
        model = build(name, num_classes, **options)
        model.load_state_dict(state)
        return model
    return copied(shape, lambda tensor_name, tensor: state[tensor_name].detach().to(tensor.dtype))


def _all_in(model: nn.Module, state: dict[str, Tensor]) -> bool:
    """Return whether `state` holds every tensor of `model`: a state dict lacks buffers that are not persistent."""
    buffers = (name for name, _ in model.named_buffers(remove_duplicate=False))
    kept = (value for module in model.modules() for value in module.__dict__.values())
    return all(name in state for name in buffers) and not any(isinstance(value, Tensor) for value in kept)


def _size(model: nn.Module) -> int:
    return sum(tensor.nbytes for tensor in model.state_dict().values())


# What a copy of a module may have in common with the original. Everything else is copied deeply.
_ATOMS = (bool, int, float, complex, str, bytes, type(None), type, types.FunctionType, torch.dtype, Tag)
_CONTAINERS = (dict, OrderedDict, set, list)


def copied(model: nn.Module, tensor_for: Callable[[str, Tensor], Tensor]) -> nn.Module:
    """Return a copy of `model` whose parameters and buffers come from `tensor_for(name, original tensor)`.

    It does what `copy.deepcopy` does, in a fifth of the time: most of what a module holds are numbers and empty
    containers. Tensors and modules that are shared stay shared.
    """
    memo: dict[int, Any] = {}
    modules = dict(model.named_modules())
    for module in modules.values():
        memo[id(module)] = type(module).__new__(type(module))
    for prefix, module in modules.items():
        start = f"{prefix}." if prefix else ""
        for name, parameter in module._parameters.items():
            if parameter is not None and id(parameter) not in memo:
                value = tensor_for(start + name, parameter)
                memo[id(parameter)] = nn.Parameter(value, requires_grad=parameter.requires_grad)
        for name, buffer in module._buffers.items():
            if buffer is not None and id(buffer) not in memo:
                memo[id(buffer)] = tensor_for(start + name, buffer)
    for module in modules.values():
        memo[id(module)].__dict__.update(
            {key: _copied_value(value, memo) for key, value in module.__dict__.items()}
        )
    return memo[id(model)]


def _copied_value(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, _ATOMS):
        return value
    if id(value) in memo:
        return memo[id(value)]
    kind = type(value)
    if kind in _CONTAINERS and not value:
        return kind()
    if kind in (dict, OrderedDict):
        return kind((key, _copied_value(entry, memo)) for key, entry in value.items())
    if kind in (tuple, list):
        return kind(_copied_value(entry, memo) for entry in value)
    return copy.deepcopy(value, memo)


def _kind(name: str, num_classes: int, options: dict[str, Any]) -> tuple:
    return name, num_classes, repr(sorted(options.items()))


def _check_classes(num_classes: int) -> None:
    if not isinstance(num_classes, int) or not 1 <= num_classes <= _MOST_CLASSES:
        raise ValueError(f"num_classes is {num_classes!r}; it must be an int from 1 to {_MOST_CLASSES}.")


def _construct(name: str, num_classes: int, seed: int, options: dict[str, Any]) -> nn.Module:
    # Here and not at every look at a model: torchvision takes its time to list its models.
    if name not in SMALL and name not in architecture_names():
        raise unknown_name("architecture", name, architecture_names())
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(seed)
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
    `nested_fc`, `tiny_cnn`, `shared_weights`, `batchnorm_head`, `vgg_tiny`, `vit_tiny`. The last two are also
    registered with torchvision: a student's `get_model` knows them. Each call returns its own copy.

    Raises:
        UnknownName: there is no such architecture; the message names the nearest.
    """
    return build(arch, num_classes=num_classes, seed=seed, **flags).train()

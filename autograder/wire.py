"""Values on their way between a check and the student's code: JSON and raw bytes, never pickle.

`autograder.student` packs every argument and every result here, in the same process as well as across a wall,
so that both forms behave alike. A packed value is one block of bytes: the length of a JSON text, the text,
then the raw bytes of all tensors and arrays.

What travels: None, bool, int, float, str, list, tuple, dict, NumPy numbers and arrays, `torch.Tensor`,
`nn.Module`, a `DataLoader` over a `TensorDataset`. On the check's side a module arrives as `ModelState` and a
`DataLoader` as `Loader`. Whatever else there is arrives as `Opaque`: its repr and the name of its type.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.architectures import anatomy_of, assembled, planned_structure, tag_of

_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128,
    )
}  # fmt: skip
_ARRAY_KINDS = "biufcU"
_LENGTH = struct.Struct("<Q")
_ALIGNMENT = 64
_COMPARED = 1 << 20
_MOST_DIMENSIONS = 32


class WireError(ValueError):
    """A value is too large to travel, or received bytes are not what `pack` makes."""


class StructureChanged(WireError):
    """A model cannot be built again: it has other layers than the architecture that it is read as."""


@dataclass(frozen=True)
class Limits:
    """How large one packed value may be. Deeper parts than `depth` become `Opaque`; the rest is refused.

    `header` bounds the JSON text, which takes far more memory once it is read. `rows` bounds what a check may walk
    through: a tensor of shape (2**40, 0) has no bytes and would never end. An int has at most `digits` binary
    digits, so that every one of them can become a float.
    """

    bytes: int = 1 << 30
    header: int = 1 << 22
    items: int = 2_000_000
    rows: int = 200_000
    depth: int = 32
    text: int = 1_000_000
    repr: int = 300
    digits: int = 1000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Opaque:
    """Stands for something that cannot travel: the start of its repr, and its type's name."""

    repr: str
    type_name: str

    def __repr__(self) -> str:
        return self.repr


@dataclass(frozen=True)
class Reference:
    """Stands for an object that stays on the student's side, by number."""

    handle: int


@dataclass
class Loader:
    """A `DataLoader` over a `TensorDataset` as plain data; the student receives a real `DataLoader`.

    `tensors` all have the same length; without `shuffle` the batches come in their order.
    """

    tensors: tuple[Tensor, ...]
    batch_size: int = 16
    shuffle: bool = False
    drop_last: bool = False

    def __post_init__(self) -> None:
        self.tensors = tuple(self.tensors)
        lengths = {len(tensor) for tensor in self.tensors if tensor.ndim}
        if len(lengths) != 1 or any(tensor.ndim == 0 for tensor in self.tensors):
            raise WireError(f"a Loader needs tensors of one common length; got lengths {sorted(lengths)}.")
        if not isinstance(self.batch_size, int) or self.batch_size < 1:
            raise WireError(f"a Loader's batch_size is {self.batch_size!r}; it must be an int of at least 1.")

    def live(self) -> DataLoader:
        """Return the real `DataLoader`."""
        dataset = TensorDataset(*self.tensors)
        return DataLoader(dataset, self.batch_size, shuffle=self.shuffle, drop_last=self.drop_last)


@dataclass
class ModelState:
    """A model as plain data: what a check sees of the `nn.Module` that a student returned or changed.

    Attributes:
        arch: the architecture's name, or None if the structure is not that of a known architecture any more.
        state_dict: tensors (parameters and buffers) by name.
        requires_grad: flag by parameter name; a shared parameter is listed under each of its names.
        training: flag by module name; "" is the model itself.
        module_types: class name by module name.
        shared: groups of parameter names that are one tensor.
    """

    arch: str | None
    state_dict: dict[str, Tensor]
    requires_grad: dict[str, bool]
    training: dict[str, bool]
    module_types: dict[str, str]
    shared: list[list[str]]
    num_classes: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<model {self.arch or self.module_types.get('', '')}>"

    def rebuild(self, arch: str | None = None, num_classes: int | None = None) -> nn.Module:
        """Build the real model: same weights, same `requires_grad` flags, same train or eval mode everywhere.

        Give `arch` and `num_classes` to read a model that the student built on their own as an architecture.

        Raises:
            StructureChanged: the model has other layers than the architecture. A check may let this pass: the
                student then reads the message.
        """
        return self._rebuilt(arch, num_classes, lambda tensor: tensor.detach().clone())

    def _rebuilt(
        self, arch: str | None, num_classes: int | None, own: Callable[[Tensor], Tensor]
    ) -> nn.Module:
        """Build the real model around `own(tensor)` for each tensor of the state."""
        name = arch or self.arch
        if name is None:
            raise StructureChanged("the model's layers were changed: it is not the architecture that it was")
        options = self.options if arch is None else {}
        classes = num_classes or self.num_classes or 10
        try:
            # Looked at before it is built: whoever sent the name may have chosen one that fills the memory.
            modules, tensors, shared = planned_structure(name, classes, **options)
        except Exception as error:
            if arch is not None:
                raise
            raise StructureChanged(
                f"the model says that it is {name}, which cannot be built: {error}"
            ) from None
        fits = (
            dict(modules) == self.module_types
            and dict(tensors) == {key: tuple(tensor.shape) for key, tensor in self.state_dict.items()}
            and [list(group) for group in shared] == self.shared
        )
        if not fits:
            raise StructureChanged(f"the model's layers are not those of {name}: some were added or replaced")
        state = {key: own(tensor) for key, tensor in self.state_dict.items()}
        model = assembled(name, state, classes, **options)
        for key, parameter in model.named_parameters(remove_duplicate=False):
            parameter.requires_grad_(self.requires_grad[key])
        for key, module in model.named_modules():
            module.training = self.training[key]
        return model


@dataclass
class Packed:
    """The JSON tree of a value and the raw buffers that it points into."""

    tree: Any
    buffers: list[memoryview]


# ---------------------------------------------------------------------------------------------- encoding


class _Encoder:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.buffers: list[memoryview] = []
        self.size = 0
        self.items = 0

    def node(self, value: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > self.limits.items:
            raise WireError(f"it holds more than {self.limits.items} items")
        for kind, method in _METHODS:
            if isinstance(value, kind):
                return method(self, value, depth)
        return self.opaque(value)

    def buffer(self, raw: np.ndarray) -> int:
        view = memoryview(np.ascontiguousarray(raw)).cast("B") if raw.size else memoryview(b"")
        self.size += view.nbytes
        if self.size > self.limits.bytes:
            raise WireError(f"its tensors hold more than {self.limits.bytes >> 20} MiB")
        self.buffers.append(view)
        return len(self.buffers) - 1

    def walkable(self, shape: Sequence[int]) -> None:
        if _rows(shape) > self.limits.rows:
            raise WireError(f"it holds a tensor or array with more than {self.limits.rows} rows")

    def scalar(self, value: Any, depth: int) -> Any:
        return None if value is None else bool(value)

    def integer(self, value: int, depth: int) -> Any:
        plain = int.__add__(value, 0)
        if plain.bit_length() > self.limits.digits:
            raise WireError(f"it holds an int of more than {self.limits.digits} binary digits")
        return plain if plain.bit_length() < 53 else {"t": "int", "v": hex(plain)}

    def real(self, value: float, depth: int) -> Any:
        plain = float.__mul__(value, 1.0)
        return plain if math.isfinite(plain) else {"t": "float", "v": str(plain)}

    def text(self, value: str, depth: int) -> Any:
        plain = str.__str__(value)
        if len(plain) > self.limits.text:
            raise WireError(f"it holds a text of more than {self.limits.text} characters")
        return plain.encode("utf-8", "replace").decode("utf-8")

    def sequence(self, value: list | tuple, depth: int) -> Any:
        if depth >= self.limits.depth:
            return self.opaque(value)
        kind = "list" if isinstance(value, list) else "tuple"
        return {"t": kind, "v": [self.node(entry, depth + 1) for entry in list(value)]}

    def mapping(self, value: dict, depth: int) -> Any:
        if depth >= self.limits.depth:
            return self.opaque(value)
        pairs = [
            [self.node(key, depth + 1), self.node(entry, depth + 1)] for key, entry in list(value.items())
        ]
        return {"t": "dict", "v": pairs}

    def tensor(self, value: Tensor, depth: int) -> Any:
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype not in _DTYPES or value.layout is not torch.strided or value.device.type == "meta":
            return self.opaque(value)
        self.walkable(value.shape)
        plain = value.detach().as_subclass(Tensor).cpu().resolve_conj().resolve_neg().contiguous()
        raw = plain.reshape(-1).view(torch.uint8).numpy()
        index = self.buffer(raw)
        return {"t": "tensor", "d": dtype, "s": list(plain.shape), "g": bool(value.requires_grad), "b": index}

    def array(self, value: np.ndarray, depth: int) -> Any:
        if value.dtype.kind not in _ARRAY_KINDS:
            return self.opaque(value)
        self.walkable(value.shape)
        plain = np.ascontiguousarray(value).reshape(-1)
        index = self.buffer(np.frombuffer(plain.tobytes(), dtype=np.uint8))
        return {"t": "array", "d": plain.dtype.str, "s": list(value.shape), "b": index}

    def number(self, value: np.generic, depth: int) -> Any:
        node = self.array(np.asarray(value), depth)
        return {**node, "t": "number"} if node["t"] == "array" else node

    def model(self, value: nn.Module, depth: int) -> Any:
        anatomy = anatomy_of(value)
        tag = tag_of(value, anatomy)
        return {
            "t": "model",
            "arch": tag.name if tag else None,
            "classes": tag.num_classes if tag else None,
            "options": self.node(dict(tag.options), depth + 1) if tag else None,
            "state": [
                [self.text(name, depth), self.tensor(entry, depth)] for name, entry in anatomy.state.items()
            ],
            "grad": [
                [self.text(name, depth), bool(entry.requires_grad)]
                for name, entry in anatomy.parameters.items()
            ],
            "modules": [
                [self.text(name, depth), type(module).__name__, bool(module.training)]
                for name, module in anatomy.modules.items()
            ],
            "shared": anatomy.shared,
        }

    def loader(self, value: Loader, depth: int) -> Any:
        tensors = [self.tensor(entry, depth + 1) for entry in value.tensors]
        options = [value.batch_size, bool(value.shuffle), bool(value.drop_last)]
        return {"t": "loader", "v": tensors, "o": options}

    def live_loader(self, value: DataLoader, depth: int) -> Any:
        if type(value.dataset) is not TensorDataset or value.batch_size is None:
            return self.opaque(value)
        shuffle = isinstance(value.sampler, torch.utils.data.RandomSampler)
        return self.loader(Loader(value.dataset.tensors, value.batch_size, shuffle, value.drop_last), depth)

    def reference(self, value: Reference, depth: int) -> Any:
        return {"t": "reference", "v": value.handle}

    def opaque(self, value: Any) -> Any:
        return {"t": "opaque", "v": safe_repr(value, self.limits.repr), "n": type(value).__name__[:80]}

    def given_opaque(self, value: Opaque, depth: int) -> Any:
        return {"t": "opaque", "v": value.repr[: self.limits.repr], "n": value.type_name[:80]}


_METHODS: list[tuple[type | tuple[type, ...], Any]] = [
    ((type(None), bool), _Encoder.scalar),
    (np.generic, _Encoder.number),
    (int, _Encoder.integer),
    (float, _Encoder.real),
    (str, _Encoder.text),
    ((list, tuple), _Encoder.sequence),
    (dict, _Encoder.mapping),
    (Tensor, _Encoder.tensor),
    (np.ndarray, _Encoder.array),
    (nn.Module, _Encoder.model),
    (Loader, _Encoder.loader),
    (DataLoader, _Encoder.live_loader),
    (Reference, _Encoder.reference),
    (Opaque, _Encoder.given_opaque),
]


def safe_repr(value: Any, limit: int) -> str:
    """Return the start of `repr(value)`, and a stand-in where the object's own `__repr__` fails."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def encode(value: Any, limits: Limits = DEFAULT_LIMITS) -> Packed:
    """Turn `value` into a JSON tree and buffers.

    Raises:
        WireError: the value exceeds `limits`.
    """
    encoder = _Encoder(limits)
    tree = encoder.node(value)
    return Packed(tree, encoder.buffers)


def pack(value: Any, limits: Limits = DEFAULT_LIMITS) -> bytearray:
    """Turn `value` into one block of bytes; see `encode`."""
    packed = encode(value, limits)
    header = json.dumps([packed.tree, [view.nbytes for view in packed.buffers]], allow_nan=False).encode()
    if len(header) > limits.header:
        raise WireError(f"its texts, numbers and lists take more than {limits.header >> 20} MiB")
    # Spaces after the text let the tensors begin where a processor likes to read them.
    header += b" " * (-(len(header) + _LENGTH.size) % _ALIGNMENT)
    return bytearray().join([_LENGTH.pack(len(header)), header, *packed.buffers])


# ---------------------------------------------------------------------------------------------- decoding


def split(block: bytes | bytearray, limits: Limits = DEFAULT_LIMITS) -> Packed:
    """Undo the framing of `pack`: read the JSON tree, and cut the block into its buffers, which stay part of it.

    Raises:
        WireError: the block is not what `pack` makes, or too large.
    """
    view = memoryview(block)
    if view.nbytes < _LENGTH.size or view.nbytes > limits.bytes + 64 * limits.items:
        raise WireError(f"a block of {view.nbytes} bytes is not a packed value.")
    (length,) = _LENGTH.unpack(view[: _LENGTH.size])
    if length > limits.header:
        raise WireError(f"the header of a packed value has {length} bytes.")
    if length > view.nbytes - _LENGTH.size:
        raise WireError("the header of a packed value is cut off.")
    start = _LENGTH.size + length
    try:
        tree, sizes = json.loads(bytes(view[_LENGTH.size : start]))
    except (ValueError, TypeError, RecursionError) as error:
        raise WireError(f"the header of a packed value cannot be read: {error}") from None
    body = view[start:]
    if not isinstance(sizes, list) or not all(_is_count(size) for size in sizes) or sum(sizes) != body.nbytes:
        raise WireError("the buffers of a packed value do not have the announced sizes.")
    ends = accumulate(sizes, initial=0)
    return Packed(tree, [body[start:end] for start, end in pairwise(ends)])


def _rows(shape: Sequence[int]) -> int:
    """Return how many steps it takes to walk through the first dimension, or through a tensor without elements."""
    if 0 in shape:
        return math.prod(size for size in shape if size)
    return shape[0] if len(shape) else 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class _Decoder:
    def __init__(self, packed: Packed, live: bool, limits: Limits) -> None:
        self.buffers = packed.buffers
        self.live = live
        self.limits = limits
        self.items = 0
        self.used: set[int] = set()

    def node(self, node: Any, depth: int = 0) -> Any:
        self.items += 1
        if self.items > self.limits.items or depth > self.limits.depth + 2:
            raise WireError("a packed value has too many items or is nested too deeply.")
        if isinstance(node, int) and node.bit_length() > self.limits.digits:
            raise WireError("a packed int is too long.")
        if node is None or isinstance(node, (bool, int, float)):
            return node
        if isinstance(node, str):
            if len(node) > self.limits.text:
                raise WireError("a packed text is too long.")
            return node
        kind = node.get("t") if isinstance(node, dict) else None
        method = _READERS.get(kind) if isinstance(kind, str) else None
        if method is None:
            raise WireError(f"a packed value has an unknown part {str(node)[:60]!r}.")
        return method(self, node, depth)

    def raw(self, index: Any, itemsize: int, shape: Any) -> memoryview:
        """Return the bytes of a tensor. Each buffer belongs to one: many of one buffer could fill the memory."""
        shaped = isinstance(shape, list) and len(shape) <= _MOST_DIMENSIONS and all(map(_is_count, shape))
        if not shaped or not _is_count(index) or index >= len(self.buffers):
            raise WireError("a packed tensor points to no buffer or has no proper shape.")
        if _rows(shape) > self.limits.rows:
            raise WireError(f"a packed tensor has more than {self.limits.rows} rows.")
        if math.prod(shape) * itemsize != self.buffers[index].nbytes:
            raise WireError(
                f"a packed tensor of shape {tuple(shape)} has {self.buffers[index].nbytes} bytes."
            )
        if index in self.used:
            raise WireError("two parts of a packed value point to one buffer.")
        self.used.add(index)
        return self.buffers[index]

    def tensor(self, node: dict, depth: int) -> Tensor:
        dtype = _DTYPES.get(node["d"]) if isinstance(node["d"], str) else None
        if node["t"] != "tensor" or dtype is None:
            raise WireError(f"a packed tensor has no known dtype: {str(node.get('d'))[:40]}.")
        raw = self.raw(node["b"], dtype.itemsize, node["s"])
        if not raw.nbytes:
            value = torch.empty(node["s"], dtype=dtype)
        elif self.live:
            # In memory of PyTorch's own: what students compute must not depend on where a message happens to lie.
            value = torch.empty(node["s"], dtype=dtype)
            value.view(-1).view(torch.uint8).numpy()[:] = np.frombuffer(raw, np.uint8)
        else:
            value = torch.frombuffer(_usable(raw, dtype.itemsize), dtype=dtype).reshape(node["s"])
        if node["g"] is True and (dtype.is_floating_point or dtype.is_complex):
            value.requires_grad_(True)
        return value

    def array(self, node: dict, depth: int) -> np.ndarray:
        dtype = np.dtype(str(node["d"]))
        if dtype.kind not in _ARRAY_KINDS:
            raise WireError(f"a packed array has dtype {dtype}.")
        raw = bytearray(self.raw(node["b"], dtype.itemsize, node["s"]))
        if (
            dtype.kind == "U"
            and (np.frombuffer(raw, np.dtype("u4").newbyteorder(dtype.byteorder)) > 0x10FFFF).any()
        ):
            raise WireError("a packed text array holds what is no character.")
        return np.frombuffer(raw, dtype=dtype).reshape(node["s"])

    def number(self, node: dict, depth: int) -> np.generic:
        value = self.array(node, depth)
        if value.shape != ():
            raise WireError("a packed number has a shape.")
        return value[()]

    def integer(self, node: dict, depth: int) -> int:
        text = node["v"]
        if not isinstance(text, str) or len(text) > self.limits.digits:
            raise WireError("a packed int is too long.")
        return self.node(int(text, 16))

    def real(self, node: dict, depth: int) -> float:
        if node["v"] not in ("nan", "inf", "-inf"):
            raise WireError("a packed float is neither a number nor nan or inf.")
        return float(node["v"])

    def sequence(self, node: dict, depth: int) -> list | tuple:
        entries = [self.node(entry, depth + 1) for entry in _listed(node["v"])]
        return entries if node["t"] == "list" else tuple(entries)

    def mapping(self, node: dict, depth: int) -> dict:
        result = {}
        for pair in _listed(node["v"]):
            key, entry = _listed(pair, 2)
            try:
                result[self.node(key, depth + 1)] = self.node(entry, depth + 1)
            except TypeError:
                raise WireError("a packed dict has a key that cannot be one.") from None
        return result

    def model(self, node: dict, depth: int) -> ModelState | nn.Module:
        arch, classes = node["arch"], node["classes"]
        if arch is not None and (not isinstance(arch, str) or not _is_count(classes)):
            raise WireError("a packed model names no proper architecture.")
        options = {} if node["options"] is None else self.node(node["options"], depth + 1)
        if not all(isinstance(value, (bool, int, float, type(None))) for value in options.values()):
            raise WireError("a packed model has options that are not numbers.")
        modules = [_listed(entry, 3) for entry in _listed(node["modules"])]
        state = ModelState(
            arch=arch,
            num_classes=classes,
            options=options,
            state_dict={
                _name(k): self.tensor(v, depth) for k, v in (_listed(e, 2) for e in _listed(node["state"]))
            },
            requires_grad={_name(k): v is True for k, v in (_listed(e, 2) for e in _listed(node["grad"]))},
            training={_name(name): training is True for name, _, training in modules},
            module_types={_name(name): _name(kind) for name, kind, _ in modules},
            shared=[[_name(name) for name in _listed(group)] for group in _listed(node["shared"])],
        )
        # The tensors have been copied out of the message already, and belong to nobody else.
        return state._rebuilt(None, None, lambda tensor: tensor) if self.live else state

    def loader(self, node: dict, depth: int) -> Loader | DataLoader:
        batch_size, shuffle, drop_last = _listed(node["o"], 3)
        tensors = tuple(self.tensor(entry, depth) for entry in _listed(node["v"]))
        value = Loader(tensors, batch_size, shuffle is True, drop_last is True)
        return value.live() if self.live else value

    def reference(self, node: dict, depth: int) -> Reference:
        if not _is_count(node["v"]):
            raise WireError("a packed reference is not a number.")
        return Reference(node["v"])

    def opaque(self, node: dict, depth: int) -> Opaque:
        return Opaque(_name(node["v"]), _name(node["n"]))


_READERS = {
    "tensor": _Decoder.tensor,
    "array": _Decoder.array,
    "number": _Decoder.number,
    "int": _Decoder.integer,
    "float": _Decoder.real,
    "list": _Decoder.sequence,
    "tuple": _Decoder.sequence,
    "dict": _Decoder.mapping,
    "model": _Decoder.model,
    "loader": _Decoder.loader,
    "reference": _Decoder.reference,
    "opaque": _Decoder.opaque,
}


def _usable(raw: memoryview, itemsize: int) -> memoryview | bytearray:
    """Return bytes that a tensor may have as its own: the given ones if they can be written to and are aligned."""
    if raw.readonly or np.frombuffer(raw, np.uint8).ctypes.data % itemsize:
        return bytearray(raw)
    return raw


def _listed(value: Any, length: int | None = None) -> list:
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise WireError("a part of a packed value is not a list of the expected length.")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1000:
        raise WireError("a name in a packed value is not a text of sensible length.")
    return value


def decode(packed: Packed, *, live: bool = False, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Turn what `encode` or `split` gave back into a value.

    With `live` (the student's side) modules and loaders become real; without it (the check's side) they are
    `ModelState` and `Loader`.

    Raises:
        WireError: the tree is not what `encode` makes, or exceeds `limits`.
    """
    try:
        return _Decoder(packed, live, limits).node(packed.tree)
    except WireError:
        raise
    except (LookupError, OverflowError, RecursionError, AttributeError, TypeError, ValueError) as error:
        raise WireError(f"a packed value is malformed ({type(error).__name__}: {error}).") from None


def cannot_be_built(tree: Any) -> str | None:
    """Return what in an encoded tree no `decode(..., live=True)` turns into the real thing, or None.

    That is an opaque part, or a model whose architecture is not known.
    """
    if isinstance(tree, dict):
        if tree.get("t") == "opaque":
            return tree["n"]
        if tree.get("t") == "model":
            return "a model of unknown architecture" if tree["arch"] is None else None
        return cannot_be_built(tree.get("v"))
    if isinstance(tree, list):
        return next((found for found in map(cannot_be_built, tree) if found is not None), None)
    return None


def same(first: Any, first_buffers: list[memoryview], second: Any, second_buffers: list[memoryview]) -> bool:
    """Return whether two encoded trees hold the same content, byte for byte."""
    if isinstance(first, dict) and isinstance(second, dict):
        if first.keys() != second.keys():
            return False
        for key in first:
            if key == "b":
                if not _equal(first_buffers[first[key]], second_buffers[second[key]]):
                    return False
            elif not same(first[key], first_buffers, second[key], second_buffers):
                return False
        return True
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(
            same(one, first_buffers, other, second_buffers) for one, other in zip(first, second, strict=True)
        )
    return type(first) is type(second) and first == second


def _equal(first: memoryview, second: memoryview) -> bool:
    """Return whether two buffers hold the same bytes, compared in pieces and without a copy."""
    if first.nbytes != second.nbytes or not first.nbytes:
        return first.nbytes == second.nbytes
    one, other = np.frombuffer(first, np.uint8), np.frombuffer(second, np.uint8)
    return all(
        np.array_equal(one[start : start + _COMPARED], other[start : start + _COMPARED])
        for start in range(0, len(one), _COMPARED)
    )


__all__ = [
    "DEFAULT_LIMITS",
    "Limits",
    "Loader",
    "ModelState",
    "Opaque",
    "Packed",
    "Reference",
    "StructureChanged",
    "WireError",
    "cannot_be_built",
    "decode",
    "encode",
    "pack",
    "safe_repr",
    "same",
    "split",
]

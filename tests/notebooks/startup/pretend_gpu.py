"""Pretends that this machine has a GPU, run by a kernel before its first cell. The tests have no GPU to run on.

Tensors stay on the CPU, and a note is kept of those that a program has put on `cuda`. Each operation looks at the notes
of what it gets, and refuses what a GPU would refuse: operands on two devices, and NumPy or Matplotlib reading what is
not in their memory. Half precision is the CPU's own. What this cannot tell: how fast a GPU is, how much memory it has,
and how it rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

GPU = torch.device("cuda", 0)
MEMORY = 80 * 2**30  # bytes

aten = torch.ops.aten
# A copy takes from one device to the other; an index may be on the CPU.
COPIES_IN_PLACE = {aten.copy_.default, aten._foreach_copy_.default}
INDEXES = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._unsafe_index.Tensor}

on_gpu: dict[int, StorageWeakRef] = {}  # by the address of the memory; a storage that is gone is on no device


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Give the tensors among the operands or results of an operation, where lists of them count too."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from (entry for entry in value if isinstance(entry, Tensor))


def is_on_gpu(tensor: Tensor) -> bool:
    """Tell whether the program has put `tensor` on the GPU. Views share the memory, and the answer."""
    if tensor.is_meta or tensor.is_sparse:
        return False
    found = on_gpu.get(tensor.untyped_storage().data_ptr())
    return found is not None and not found.expired()


def put_on_gpu(result: Any) -> Any:
    """Note for all tensors in `result` that they are on the GPU now."""
    for tensor in tensors_in([result]):
        if not tensor.is_meta and not tensor.is_sparse:
            storage = tensor.untyped_storage()
            on_gpu[storage.data_ptr()] = StorageWeakRef(storage)
    return result


class Operations(TorchDispatchMode):
    """Lets each operation run where its operands are, or refuses."""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        operands = list(tensors_in([*args, *(kwargs or {}).values()]))
        there = [tensor for tensor in operands if is_on_gpu(tensor)]
        mixed = there and any(
            tensor.dim() and tensor.numel() and not is_on_gpu(tensor) for tensor in operands
        )
        allowed = function in COPIES_IN_PLACE or (function in INDEXES and is_on_gpu(args[0]))
        if mixed and not allowed:
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found cuda:0 and cpu ({function})"
            )
        result = function(*args, **(kwargs or {}))
        return put_on_gpu(result) if there and function not in COPIES_IN_PLACE else result


class Calls(TorchFunctionMode):
    """Answers where a tensor is, and carries it from one device to the other."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if function == Tensor.device.__get__:
            return GPU if is_on_gpu(args[0]) else function(*args)
        if function == Tensor.is_cuda.__get__:
            return is_on_gpu(args[0])
        if function in (Tensor.numpy, Tensor.__array__) and is_on_gpu(args[0]):
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first")
        if function is Tensor.cpu:
            return carry(args[0], torch.device("cpu"), {})
        if function is Tensor.cuda:
            return carry(args[0], GPU, {})
        if function is Tensor.to:
            return moved(args[0], args[1:], kwargs)
        # A deep copy takes the memory itself, by no operation.
        if function is Tensor.__deepcopy__ and is_on_gpu(args[0]):
            return put_on_gpu(function(*args, **kwargs))
        if kwargs.get("device") is not None:
            device = torch.device(kwargs["device"])
            if device.type == "cuda":
                kwargs["device"] = "cpu"
            result = function(*args, **kwargs)
            return put_on_gpu(result) if device.type == "cuda" else result
        return function(*args, **kwargs)


def moved(tensor: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Do what `tensor.to(*args, **kwargs)` does."""
    if args and isinstance(args[0], Tensor):
        args = (GPU if is_on_gpu(args[0]) else args[0].device, args[0].dtype, *args[1:])
    copy = kwargs.pop("copy", False)
    device, dtype, _, memory_format = torch._C._nn._parse_to(*args, **kwargs)
    rest = {"dtype": dtype or tensor.dtype, "copy": copy}
    if memory_format is not None:
        rest["memory_format"] = memory_format
    here = GPU if is_on_gpu(tensor) else tensor.device
    return carry(tensor, here if device is None else device, rest)


def carry(tensor: Tensor, device: torch.device, rest: dict[str, Any]) -> Tensor:
    """Return `tensor` on `device`: the same where it is there already, otherwise a copy."""
    if tensor.is_meta or device.type == "meta":
        return tensor.to(device, **rest)
    if is_on_gpu(tensor) == (device.type == "cuda"):
        return tensor.to(**rest) if rest else tensor
    result = tensor.to(**({"dtype": tensor.dtype} | rest | {"copy": True}))
    if device.type == "cuda":
        return put_on_gpu(result)
    del on_gpu[result.untyped_storage().data_ptr()]
    return result


class Autocast(torch.autocast):
    """Half precision of the CPU where a program asks for the GPU's."""

    def __init__(self, device_type: str, *args: Any, **kwargs: Any) -> None:
        super().__init__("cpu" if device_type == "cuda" else device_type, *args, **kwargs)


torch.autocast = Autocast
torch.cuda.is_available = lambda: True
# Optimizers would ask an accelerator for its streams.
torch.accelerator.current_accelerator = lambda check_available=False: None
torch.cuda.mem_get_info = lambda device=None: (MEMORY, MEMORY)
torch.cuda.synchronize = lambda device=None: None
torch.cuda.get_rng_state = lambda device=None: torch.get_rng_state()
torch.cuda.set_rng_state = lambda state, device=None: None
Operations().__enter__()
Calls().__enter__()

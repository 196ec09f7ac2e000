"""Training and scoring in plain PyTorch, for the lessons' repeated runs over seeds and for the benchmarks.

All data are tensors in memory. A model on a GPU is trained there: the data go to it once, images lie in memory as
its convolutions like them (channels last), and layers compute in half precision where that is safe (autocast).
On a CPU nothing of that applies; the results depend only on the arguments and on the number of threads.
"""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW, Optimizer

from headstart.names import Refusal


def seed_everything(seed: int) -> None:
    """Seed the random numbers of Python, NumPy and PyTorch, the latter on every device."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def fit(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    lr: float,
    batch_size: int = 16,
    seed: int = 0,
    optimizer: Optimizer | None = None,
    bn_eval: bool = False,
    progress: bool = False,
) -> list[float]:
    """Train `model` in place with cross-entropy and return the mean loss of each epoch.

    Args:
        model: trained where it is, in train mode; afterwards each module has its old mode back.
        images: (N, …), what the model takes.
        labels: (N,) class numbers.
        epochs: how often to go through the data.
        lr: learning rate of AdamW; not used when `optimizer` is given.
        batch_size: images a step.
        seed: decides the order of the images, and what Dropout drops. Random numbers outside are left alone.
        optimizer: your own, for example with parameter groups. None is AdamW over the parameters that train.
        bn_eval: keep BatchNorm layers in eval mode, so that their running statistics stay as they are.
        progress: show a progress bar.

    Raises:
        ValueError: `images` and `labels` differ in length or are empty, `epochs` or `batch_size` is below 1,
            or no parameter requires a gradient.
    """
    if len(images) != len(labels) or len(images) == 0:
        raise Refusal(f"got {len(images)} images and {len(labels)} labels; pass one label for each image")
    if epochs < 1 or batch_size < 1:
        raise Refusal(f"epochs is {epochs} and batch_size {batch_size}; both must be at least 1")
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not trainable:
        raise Refusal("no parameter of the model requires a gradient; set requires_grad on what should train")
    if optimizer is None:
        optimizer = AdamW(trainable, lr=lr)

    device = trainable[0].device
    prepare(model, device)
    images, labels = on_device(images, device), labels.to(device)
    # Half precision loses small gradients; the scaler multiplies the loss to keep them. A smaller first factor than
    # usual, because steps that overflow are skipped, and short runs have none to spare. On a CPU it does nothing.
    scaler = torch.amp.GradScaler("cuda", init_scale=2.0**12, enabled=device.type == "cuda")
    order = torch.Generator().manual_seed(seed)
    modes = [(module, module.training) for module in model.modules()]
    losses = []
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        model.train()
        if bn_eval:
            set_batchnorm_eval(model)
        for _ in epoch_numbers(epochs, progress):
            sums = []
            for batch in torch.randperm(len(images), generator=order).to(device).split(batch_size):
                optimizer.zero_grad()
                with half_precision(device):
                    loss = cross_entropy(model(images[batch]), labels[batch])
                scaler.scale(loss).backward()
                # The scaler stops with an error at an optimizer without gradients, which does nothing anyway.
                if any(p.grad is not None for group in optimizer.param_groups for p in group["params"]):
                    scaler.step(optimizer)
                    scaler.update()
                # Reading a number would make the CPU wait for the GPU at every step, so that comes at the end.
                sums.append((loss.detach(), len(batch)))
            losses.append(sum(loss.item() * count for loss, count in sums) / len(images))
    restore_modes(modes)
    return losses


def predict_logits(model: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """Return the class scores (N, C) of `images`, computed in eval mode and without gradients.

    Each module's mode is left as it was found. The scores are on the images' device.
    """
    device = next(model.parameters()).device
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    prepare(model, device)
    with torch.inference_mode(), half_precision(device):
        logits = [model(on_device(batch, device)) for batch in images.split(batch_size)]
    logits = [scores.float() if device.type == "cuda" else scores for scores in logits]
    logits = [scores.to(images.device) for scores in logits]
    restore_modes(modes)
    return torch.cat(logits)


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 256) -> float:
    """Return the share of `images` (N, …) that `model` puts into the class given by `labels` (N,): 0 to 1.

    Raises:
        ValueError: `images` and `labels` differ in length or are empty.
    """
    if len(images) != len(labels) or len(images) == 0:
        raise Refusal(f"got {len(images)} images and {len(labels)} labels; pass one label for each image")
    predicted = predict_logits(model, images, batch_size).argmax(1)
    return (predicted == labels.to(predicted.device)).double().mean().item()


def extract_features(model: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """Return what the last linear layer of `model` receives for `images`: (N, F).

    These are the features of a frozen backbone, in eval mode and without gradients. Computed once, they can
    train a new head for many epochs.

    Raises:
        ValueError: the model has no linear layer.
    """
    linear_layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not linear_layers:
        raise Refusal(f"{type(model).__name__} has no nn.Linear layer, so there are no features before it")
    received: list[Tensor] = []
    hook = linear_layers[-1].register_forward_pre_hook(lambda _, inputs: received.append(inputs[0]))
    try:
        predict_logits(model, images, batch_size)
    finally:
        hook.remove()
    if next(model.parameters()).is_cuda:
        received = [features.float() for features in received]
    return torch.cat([features.to(images.device) for features in received])


def prepare(model: nn.Module, device: torch.device) -> None:
    """Lay the weights of a model on a GPU out for images that have their channels last. Values stay."""
    if device.type == "cuda":
        model.to(memory_format=torch.channels_last)


def on_device(images: Tensor, device: torch.device) -> Tensor:
    """Return `images` on `device`; on a GPU with their channels last, if they have channels."""
    if device.type == "cuda" and images.ndim == 4:
        return images.to(device, memory_format=torch.channels_last)
    return images.to(device)


def half_precision(device: torch.device) -> torch.autocast:
    """Return a context in which layers compute in half precision where that is safe: on a GPU only."""
    return torch.autocast("cuda", dtype=torch.float16, enabled=device.type == "cuda")


def set_batchnorm_eval(model: nn.Module) -> None:
    """Put every BatchNorm layer of `model` into eval mode, so that its running statistics stay still."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def restore_modes(modes: list[tuple[nn.Module, bool]]) -> None:
    """Set each module's mode back to what was noted."""
    for module, training in modes:
        module.training = training


def epoch_numbers(epochs: int, progress: bool) -> range:
    """Return the epochs' numbers, with a progress bar where one is asked for."""
    if not progress:
        return range(epochs)
    from tqdm.auto import tqdm

    return tqdm(range(epochs), desc="epochs")

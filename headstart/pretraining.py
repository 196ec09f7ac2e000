"""Makes the offline weights again: draws letters, trains a backbone on them, writes a safetensors file.

`headstart pretrain` calls this, the weights in the package were made by it, and the benchmarks train their
controls with it. A run takes about a minute on two cores.

Another machine, or another version of PyTorch, does not give the same bits, but the same quality: with the
default settings, both accuracies in `weights.meta["_metrics"]` are met within the tolerances given below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torchvision.models import get_model

from headstart.data import Digits, all_digits
from headstart.letters import letters
from headstart.models import CountsPreset
from headstart.names import Missing, Refusal, unknown_name
from headstart.training import accuracy, extract_features, seed_everything
from headstart.whole_files import write_whole

ARCHITECTURES = ("glyphnet", "glyphnet_vgg")
LETTERS = 20_000
EPOCHS = 5
BATCH_SIZE = 128
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02

# Held-out letters come from a seed that no pre-training run uses.
HELD_OUT = 5_000
HELD_OUT_SEED = 1_000_003

# How far a run with the default settings may be from the accuracies of the packaged weights. Runs with the
# seeds 0, 1 and 2 differ by 0.005 on letters and 0.007 on digits.
LETTERS_TOLERANCE = 0.015
DIGITS_TOLERANCE = 0.015


def pretrain(
    arch: str = "glyphnet",
    *,
    seed: int = 0,
    count: int = LETTERS,
    epochs: int = EPOCHS,
    exclude_lookalikes: bool = False,
    shuffle_labels: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> nn.Module:
    """Train a backbone from random weights on letters and return it. Seeds the global random numbers.

    Args:
        arch: "glyphnet" or "glyphnet_vgg".
        seed: decides the letters, the first weights and the order of training.
        count: how many letters.
        epochs: how often to go through them.
        exclude_lookalikes: control: no letters that resemble digits.
        shuffle_labels: control: the labels say nothing about the images.
        report: called with a line of text after each epoch.

    Raises:
        UnknownName: (a ValueError) there is no such architecture.
        ValueError: `count` or `epochs` is below 1.
    """
    if arch not in ARCHITECTURES:
        raise unknown_name("architecture", arch, ARCHITECTURES)
    if epochs < 1:
        raise Refusal(f"epochs is {epochs}; train for at least 1 epoch")
    counts, labels, classes = letters(count, seed, exclude_lookalikes)
    seed_everything(seed)
    if shuffle_labels:
        labels = labels[torch.randperm(len(labels))]
    model = get_model(arch, weights=None, num_classes=len(classes))
    train(model, CountsPreset()(counts), labels, epochs, report)
    return model


def train(
    model: nn.Module, images: Tensor, labels: Tensor, epochs: int, report: Callable[[str], None]
) -> None:
    """Train with AdamW and a one-cycle learning rate; the model ends in eval mode."""
    optimizer = AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = math.ceil(len(images) / BATCH_SIZE)
    schedule = OneCycleLR(optimizer, max_lr=LEARNING_RATE, epochs=epochs, steps_per_epoch=steps)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(images)).split(BATCH_SIZE):
            optimizer.zero_grad()
            loss = cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        report(f"epoch {epoch + 1} of {epochs}: mean loss {total / len(images):.3f}")
    model.eval()


def letter_accuracy(model: nn.Module) -> float:
    """Return the accuracy on 5,000 held-out letters of all 43 classes."""
    counts, labels, _ = letters(HELD_OUT, HELD_OUT_SEED)
    return accuracy(model, CountsPreset()(counts), labels)


def digit_accuracies(model: nn.Module, size: int = 200, seeds: Iterable[int] = range(5)) -> list[float]:
    """Return how well the frozen features of `model` carry over to handwritten digits, for each seed's split.

    A logistic regression on standardised features is fitted to `size` training digits of
    `headstart.data.Digits` and scored on the test digits.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # A frozen backbone gives each digit the same features in every split, so they are computed once.
    features = extract_features(model, CountsPreset()(all_digits()[0]))
    scores = []
    for seed in seeds:
        train, test = Digits("train", size=size, seed=seed), Digits("test", seed=seed)
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
        classifier.fit(features[train.indices], train.targets)
        scores.append(float(classifier.score(features[test.indices], test.targets)))
    return scores


def half_state(model: nn.Module) -> dict[str, Tensor]:
    """Return the model's state dict with float tensors in half precision, which halves the file."""
    state = model.state_dict()
    return {name: (value.half() if value.is_floating_point() else value) for name, value in state.items()}


def write_weights(model: nn.Module, path: Path, *, force: bool = False) -> None:
    """Write the weights in half precision to `path`: completely, or not at all.

    Raises:
        FileExistsError: there is a file already and `force` is False.
        FileNotFoundError: the folder does not exist.
    """
    check_target(path, force=force)
    write_whole(path, save(half_state(model)))


def check_target(path: Path, *, force: bool) -> None:
    """Raise an error unless a file may be written to `path`. Called before the training and after it."""
    if not path.parent.is_dir():
        raise Missing(f"the folder {path.parent} does not exist; create it or choose another --out")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file")
    if path.exists() and not force:
        raise FileExistsError(f"{path} exists; choose another --out, or replace it with --force")

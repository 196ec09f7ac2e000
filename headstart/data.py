"""The target task: real handwritten digits, split by a seed. Lessons and benchmarks use `Digits`.

The digits are the 1,797 images that scikit-learn ships (`sklearn.datasets.load_digits`), a part of the
"Optical Recognition of Handwritten Digits" data (UCI, E. Alpaydin and C. Kaynak, 1998).
They need no download.

How they are split, for each seed and each digit from 0 to 9: the images are shuffled; the first 50 are the
training pool, the next 50 the validation set, the remaining 74 to 83 the test set. Together that makes
500, 500 and 797 images.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from headstart.models.presets import CountsPreset
from headstart.names import Refusal, WrongType, unknown_name

SPLITS = ("train", "val", "test")
PER_CLASS = 50
MIN_TRAIN = 50
MAX_TRAIN = 500


class Digits(Dataset[tuple[Tensor, int]]):
    """Handwritten digits as a torchvision-style dataset: `digits[i]` is `(image, label)`.

    The three splits of one seed share no image. Training sets of one seed are nested: the 50 digits of
    `size=50` are among the 100 of `size=100`. Every training size holds as many of each digit as possible.

    The same writers appear in the training, validation and test sets, because the data do not say who wrote
    what. Accuracies are therefore a few points higher than they would be on new writers.

    Attributes:
        classes: "0" to "9".
        data: counts from 0 to 16, uint8 of shape (N, 8, 8).
        targets: labels, int64 of shape (N,).
        indices: place of each image in scikit-learn's data, int64 of shape (N,).
        transform: what turns counts of shape (1, 8, 8) into an image.
    """

    classes = tuple("0123456789")

    def __init__(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int = 0,
        transform: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        """Load one split.

        Args:
            split: "train", "val" or "test".
            size: for "train" only: how many images, 50 to 500. None is all 500.
            seed: which of the random splits.
            transform: called with counts of shape (1, 8, 8). None is the preset of the offline weights, which
                gives normalised images of shape (3, 32, 32).

        Raises:
            UnknownName: (a ValueError) there is no such split.
            TypeError: `size` or `seed` is not an integer.
            ValueError: `size` is out of range or given for another split than "train", or `seed` is negative.
        """
        if split not in SPLITS:
            raise unknown_name("split", str(split), SPLITS)
        check_seed(seed)
        if size is not None:
            check_size(split, size, MIN_TRAIN, MAX_TRAIN, "digits")
        images, labels = all_digits()
        self.indices = split_indices(split, seed)[:size]
        self.split = split
        self.seed = seed
        self.data = images[self.indices]
        self.targets = labels[self.indices]
        self.transform = transform if transform is not None else CountsPreset()

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.data[index].unsqueeze(0)), int(self.targets[index])

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Return the whole split in memory: transformed images, by default (N, 3, 32, 32); labels (N,)."""
        counts = self.data.unsqueeze(1)
        if isinstance(self.transform, CountsPreset):
            return self.transform(counts), self.targets.clone()
        return torch.stack([self.transform(image) for image in counts]), self.targets.clone()

    def __repr__(self) -> str:
        return f"Digits({self.split!r}, size={len(self)}, seed={self.seed})"


def check_integer(name: str, value: object) -> None:
    """Raise a TypeError unless `value` is an integer."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise WrongType(f"{name} is {value!r}, a {type(value).__name__}; pass an integer")


def check_seed(seed: object) -> None:
    """Raise an error unless NumPy's random numbers can start from `seed`."""
    check_integer("seed", seed)
    if not 0 <= seed < 2**32:  # type: ignore[operator]
        raise Refusal(f"seed is {seed}; pass an integer from 0 to {2**32 - 1}")


def check_size(split: str, size: object, smallest: int, largest: int, things: str) -> None:
    """Raise an error unless `size` is a possible number of training `things`."""
    if split != "train":
        raise Refusal(
            f"size is {size!r} for the split {split!r}; only 'train' has a size, the other splits stay "
            "the same so that results can be compared. Leave size out"
        )
    check_integer("size", size)
    if not smallest <= size <= largest:  # type: ignore[operator]
        raise Refusal(f"size is {size}; pass {smallest} to {largest} training {things}, or None for all")


@cache
def all_digits() -> tuple[Tensor, Tensor]:
    """Return all 1,797 digits: counts (1797, 8, 8) as uint8 and labels (1797,) as int64."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return torch.from_numpy(digits.images.astype(np.uint8)), torch.from_numpy(digits.target.astype(np.int64))


def split_indices(split: str, seed: int) -> Tensor:
    """Return the places of one split's images, in an order in which each ten in a row hold each digit once.

    (The last images of the test split are an exception: there are more of some digits than of others.)
    """
    labels = all_digits()[1].numpy()
    # RandomState, unlike Generator, promises the same numbers in every version of NumPy.
    random = np.random.RandomState(seed)
    shuffled = shuffled_classes(labels, 10, random)
    begin, end = {"train": (0, PER_CLASS), "val": (PER_CLASS, 2 * PER_CLASS), "test": (2 * PER_CLASS, None)}[
        split
    ]
    return taking_turns([images[begin:end] for images in shuffled], random)


def shuffled_classes(labels: np.ndarray, num_classes: int, random: np.random.RandomState) -> list[np.ndarray]:
    """Return the places of each class in `labels`, in random order."""
    return [random.permutation(np.flatnonzero(labels == label)) for label in range(num_classes)]


def taking_turns(parts: list[np.ndarray], random: np.random.RandomState) -> Tensor:
    """Return all places, one of each part in every round while it lasts, each round in random order."""
    rounds = [[part[i] for part in parts if i < len(part)] for i in range(max(map(len, parts)))]
    return torch.from_numpy(np.concatenate([random.permutation(images) for images in rounds]))

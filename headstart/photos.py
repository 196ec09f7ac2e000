"""Photographs for the `imagenet` profile: cats and dogs, or ants and bees. `headstart.task()` hands them out.

The files come through torchvision's own dataset classes, download tools and addresses. They are downloaded
and unpacked in a temporary folder of the cache, which takes its final name when it is complete: what has
that name is whole.

Cats and dogs: the Oxford-IIIT Pet Dataset (Parkhi, Vedaldi, Zisserman and Jawahar, 2012),
https://www.robots.ox.ac.uk/~vgg/data/pets/, about 800 MB, CC BY-SA 4.0.
Ants and bees: the images of PyTorch's transfer learning tutorial,
https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html, about 45 MB.
"""

from __future__ import annotations

import os
import shutil
import socket
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.datasets import ImageFolder, OxfordIIITPet
from torchvision.datasets.utils import download_and_extract_archive

from headstart.data import SPLITS, check_seed, check_size, shuffled_classes, taking_turns
from headstart.names import Broken, Missing, unknown_name
from headstart.profiles import Unavailable, cache_folder

TRAIN_PER_CLASS = 250
VAL_PER_CLASS = 250
TEST_PER_CLASS = 400
NETWORK_TIMEOUT = 30.0  # seconds without a byte; urllib would otherwise wait for ever
STALE_AFTER = 3600.0  # seconds without a change after which a temporary folder belongs to nobody
DOWNLOAD_ERRORS = (OSError, RuntimeError, EOFError, HTTPException, tarfile.TarError, zipfile.BadZipFile)

ANTS_BEES_URL = "https://download.pytorch.org/tutorial/hymenoptera_data.zip"


@dataclass(frozen=True)
class Published:
    """One published part of a photo collection: the dataset that opens the images, and their labels."""

    images: Dataset[tuple[Any, int]]
    labels: list[int]


@dataclass(frozen=True)
class Collection:
    """A photo collection: how it is called, where it lies, and how it is downloaded and read.

    Attributes:
        name: what the learner calls it.
        title: what it is called in messages.
        folder: the folder's name in the cache.
        classes: names of the classes.
        download: called with the folder in which to make `folder`.
        published: called with the cache; returns the published development part and the test part, or raises
            an error if a file is missing.
    """

    name: str
    title: str
    folder: str
    classes: tuple[str, ...]
    download: Callable[[Path], None]
    published: Callable[[Path], tuple[Published, Published]]


def download_pets(root: Path) -> None:
    """Download Oxford-IIIT Pet through torchvision, which checks both archives by their MD5, into `root`."""
    OxfordIIITPet(root, download=True)
    for archive in (root / "oxford-iiit-pet").glob("*.tar.gz"):
        archive.unlink()


def published_pets(root: Path) -> tuple[Published, Published]:
    """Open the trainval and the test part of Oxford-IIIT Pet in `root`; labels are 0 for cats, 1 for dogs."""
    parts = []
    for split in ("trainval", "test"):
        images = OxfordIIITPet(root, split=split)
        # torchvision keeps the labels to itself: they are read where it reads them.
        lines = (root / "oxford-iiit-pet/annotations" / f"{split}.txt").read_text().split("\n")
        rows = [line.split() for line in lines if line]
        files = [root / "oxford-iiit-pet/images" / f"{row[0]}.jpg" for row in rows]
        check_files(files)
        parts.append(Published(images, [int(row[2]) - 1 for row in rows]))
    return parts[0], parts[1]


def download_ants_and_bees(root: Path, url: str = ANTS_BEES_URL) -> None:
    """Download the tutorial's ants and bees into `root`; each file is checked by the archive's checksums."""
    download_and_extract_archive(url, str(root), remove_finished=True)


def published_ants_and_bees(root: Path) -> tuple[Published, Published]:
    """Open the train and the val part of the ants and bees in `root`; the latter is our test set."""
    parts = []
    for split in ("train", "val"):
        images = ImageFolder(str(root / "hymenoptera_data" / split))
        if images.classes != ["ants", "bees"]:
            raise Missing(f"the folder {split} holds {', '.join(images.classes)}, not ants and bees")
        check_files([Path(path) for path, _ in images.samples])
        parts.append(Published(images, images.targets))
    return parts[0], parts[1]


def check_files(files: list[Path]) -> None:
    """Raise a FileNotFoundError if one of the `files` is missing or empty."""
    bad = [file for file in files if not file.is_file() or file.stat().st_size == 0]
    if bad:
        raise Missing(f"{len(bad)} of {len(files)} images are missing or empty ({bad[0].name})")


COLLECTIONS = {
    "pets": Collection(
        "pets", "Oxford-IIIT Pet", "oxford-iiit-pet", ("cat", "dog"), download_pets, published_pets
    ),
    "ants_bees": Collection(
        "ants_bees",
        "the tutorial's ants and bees",
        "hymenoptera_data",
        ("ant", "bee"),
        download_ants_and_bees,
        published_ants_and_bees,
    ),
}


class Photos(Dataset[tuple[Tensor, int]]):
    """Photographs as a torchvision-style dataset: `photos[i]` is `(image, label)`.

    Training and validation images are drawn from the published training part, test images from the
    published test part. The splits of one seed share no image, and each holds as many images of one class
    as of the other. Training sets of one seed are nested: the 50 images of `size=50` are among the 100 of
    `size=100`.

    Each class has up to 250 training, 250 validation and 400 test images. Of a smaller collection two thirds
    of the published training part are for training, the rest for validation.

    Attributes:
        classes: names of the classes.
        targets: labels, int64 of shape (N,).
        indices: place of each image in the published part, int64 of shape (N,).
        transform: what turns a PIL image into a tensor.
    """

    def __init__(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        seed: int = 0,
        transform: Callable[[Image.Image], Tensor] | None = None,
        collection: str = "pets",
        enough: int = 0,
        root: Path | None = None,
    ) -> None:
        """Open one split of a collection that is already in the cache (see `ensure`).

        Args:
            split: "train", "val" or "test".
            size: for "train" only: how many images. None is all.
            seed: which of the random splits.
            transform: called with a PIL image. None is the preset of the weights of resnet18, which gives
                normalised images of shape (3, 224, 224).
            collection: "pets" or "ants_bees".
            enough: up to this, a `size` may be more than there are; then it is all that there are.
            root: the cache. None is `headstart.profiles.cache_folder()`.

        Raises:
            UnknownName: (a ValueError) there is no such split or collection.
            TypeError: `size` or `seed` is not an integer.
            ValueError: `size` is out of range or given for another split than "train", or `seed` is negative.
            OSError: the collection is not in the cache, or not complete.
        """
        if split not in SPLITS:
            raise unknown_name("split", str(split), SPLITS)
        check_seed(seed)
        chosen = find_collection(collection)
        root = root or cache_folder()
        development, test = read(chosen, root)
        published = test if split == "test" else development
        self.indices = split_indices(split, np.array(published.labels), len(chosen.classes), seed)
        if size is not None:
            check_size(split, size, len(chosen.classes), max(len(self.indices), enough), "images")
            self.indices = self.indices[:size]
        self.collection = collection
        self.classes = chosen.classes
        self.split = split
        self.seed = seed
        self.targets = torch.tensor(published.labels)[self.indices]
        self.transform = transform if transform is not None else resnet18_preset()
        self._images = published.images
        self._folder = root / chosen.folder
        self._loaded: Tensor | None = None

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        position = int(self.indices[index])
        try:
            image = self._images[position][0]
        except OSError as error:
            raise Broken(
                f"photo {position} in {self._folder} cannot be read ({one_line(error)}); delete that folder, "
                "restart the kernel and run the lesson again, or set HEADSTART_PROFILE=offline"
            ) from error
        return self.transform(image), int(self.targets[index])

    def tensors(self) -> tuple[Tensor, Tensor]:
        """Return the whole split in memory: transformed images, by default (N, 3, 224, 224); labels (N,).

        The files are read once, on all cores; a second call copies what the first one read.
        """
        if self._loaded is None:
            # PIL lets other threads run while it decodes and resizes.
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                self._loaded = torch.stack(list(threads.map(lambda i: self[i][0], range(len(self)))))
        return self._loaded.clone(), self.targets.clone()

    def __repr__(self) -> str:
        return f"Photos({self.split!r}, size={len(self)}, seed={self.seed}, collection={self.collection!r})"


def resnet18_preset() -> Callable[[Image.Image], Tensor]:
    """Return the transform that belongs to the default weights of resnet18."""
    from torchvision.models import ResNet18_Weights

    return ResNet18_Weights.DEFAULT.transforms()


def find_collection(name: str) -> Collection:
    """Return the collection called `name`, or raise UnknownName."""
    if name not in COLLECTIONS:
        raise unknown_name("photo collection", str(name), COLLECTIONS)
    return COLLECTIONS[name]


def split_indices(split: str, labels: np.ndarray, num_classes: int, seed: int) -> Tensor:
    """Return the places of one split's images in the published part, the classes taking turns."""
    random = np.random.RandomState(seed)
    shuffled = shuffled_classes(labels, num_classes, random)
    available = min(map(len, shuffled))
    train = min(TRAIN_PER_CLASS, available * 2 // 3)
    begin, end = {
        "train": (0, train),
        "val": (train, min(available, train + VAL_PER_CLASS)),
        "test": (0, min(available, TEST_PER_CLASS)),
    }[split]
    return taking_turns([images[begin:end] for images in shuffled], random)


def read(collection: Collection, root: Path) -> tuple[Published, Published]:
    """Open both published parts of a collection in the cache `root`.

    Raises:
        OSError: the collection is not there, is not complete, or its lists cannot be read.
    """
    folder = root / collection.folder
    try:
        development, test = collection.published(root)
    except (OSError, RuntimeError, ValueError, IndexError) as error:
        if not folder.exists():
            raise Missing(f"{collection.title} is not in {root}") from error
        raise Broken(f"{folder} is not complete: {one_line(error)}") from error
    for label, name in enumerate(collection.classes):
        if development.labels.count(label) < 3 or test.labels.count(label) < 1:
            raise Broken(f"{folder} is not complete: hardly any images of the class {name!r}")
    return development, test


def ensure(name: str, root: Path | None = None) -> None:
    """Make sure that the collection `name` is whole in the cache `root`; download it if it is not.

    Raises:
        UnknownName: there is no such collection.
        Unavailable: it is not there and cannot be downloaded. Nothing half-written is left behind.
    """
    collection, root = find_collection(name), root or cache_folder()
    try:
        read(collection, root)
        return
    except OSError as error:
        found = one_line(error)
    try:
        download(collection, root)
    except DOWNLOAD_ERRORS as error:
        raise Unavailable(f"{found}, and the download failed ({one_line(error)})") from error


def download(collection: Collection, root: Path) -> None:
    """Download a collection into a temporary folder, check it, and give it its name in the cache `root`."""
    root.mkdir(parents=True, exist_ok=True)
    remove_stale(root)
    with TemporaryDirectory(prefix=".partial-", dir=root) as temporary, network_timeout(NETWORK_TIMEOUT):
        collection.download(Path(temporary))
        read(collection, Path(temporary))
        target = root / collection.folder
        if target.exists():
            # An incomplete folder goes; it goes into the temporary one, so that its name is free at once.
            target.rename(Path(temporary) / "replaced")
        (Path(temporary) / collection.folder).rename(target)


def remove_stale(root: Path) -> None:
    """Remove temporary folders that a killed process has left in `root`."""
    for folder in root.glob(".partial-*"):
        changed = max((file.stat().st_mtime for file in [folder, *folder.rglob("*")]), default=0.0)
        if time.time() - changed > STALE_AFTER:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def network_timeout(seconds: float) -> Iterator[None]:
    """Let connections fail that are silent for so long; the old setting comes back afterwards."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def one_line(error: BaseException) -> str:
    """Return what an error says, in one line of bearable length and without a full stop."""
    text = " ".join(str(error).split()) or type(error).__name__
    return (text if len(text) <= 300 else text[:299] + "…").rstrip(".")

"""What the `imagenet` profile would download, made here: photographs in torchvision's layout, weights of chance.

Tests and benchmarks run the profile on them, without a network and with torchvision as it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.models import ResNet18_Weights, resnet18

PUBLISHED_TEST = 500  # added to the number of a photo of the published test part, so that no two are the same


def write_photo(file: Path, label: int, number: int) -> None:
    """Write a small JPEG that shows its number, and by its colour its class."""
    random = np.random.RandomState(10_000 * label + number)
    pixels = random.randint(0, 120, (48, 64, 3))
    pixels[..., label] += 120
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(file)


def write_pets(root: Path, trainval: int = 36, test: int = 8) -> Path:
    """Write an Oxford-IIIT Pet into the cache `root`, as torchvision leaves it after unpacking both archives.

    Args:
        root: the cache.
        trainval: photographs of each species in the published development part; more than 500 are not needed.
        test: likewise in the published test part.
    """
    folder = root / "oxford-iiit-pet"
    (folder / "annotations").mkdir(parents=True)
    for split, count, first in (("trainval", trainval, 0), ("test", test, PUBLISHED_TEST)):
        lines = []
        for species, breed in enumerate(("Abyssinian", "beagle")):
            for number in range(first, first + count):
                write_photo(folder / "images" / f"{breed}_{number}.jpg", species, number)
                lines.append(f"{breed}_{number} {5 * species + 1} {species + 1} 1")
        (folder / "annotations" / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return root


def write_ants_and_bees(root: Path, train: tuple[int, int] = (15, 15), val: tuple[int, int] = (5, 5)) -> Path:
    """Write the transfer learning tutorial's folders into the cache `root`: so many ants, so many bees."""
    for split, counts, first in (("train", train, 0), ("val", val, PUBLISHED_TEST)):
        for label, insect in enumerate(("ants", "bees")):
            for number in range(first, first + counts[label]):
                write_photo(root / "hymenoptera_data" / split / insect / f"{number}.jpg", label, number)
    return root


def write_random_weights(torch_home: Path) -> Path:
    """Write weights of chance under the name of resnet18's default weights; return the file.

    Args:
        torch_home: what the environment variable `TORCH_HOME` is to name.
    """
    file = torch_home / "hub/checkpoints" / ResNet18_Weights.DEFAULT.url.rsplit("/", 1)[1]
    file.parent.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(resnet18().state_dict(), file)
    return file


def has_a_task(lesson: Path) -> bool:
    """Tell whether a lesson learns what the profile says."""
    return "headstart.task()" in lesson.read_text(encoding="utf-8")


def settings_for(folder: Path, collection: str, device: str) -> dict[str, str]:
    """Return the environment in which a lesson takes the photographs and the weights that are in `folder`."""
    return {
        "HEADSTART_PROFILE": "imagenet",
        "HEADSTART_DEVICE": device,
        "HEADSTART_PHOTOS": collection,
        "HEADSTART_CACHE": str(folder / "photos"),
        "TORCH_HOME": str(folder / "torch"),
    }

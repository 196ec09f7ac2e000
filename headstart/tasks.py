"""What the current profile learns: a backbone and the data to adapt it to. Lessons call `headstart.task()`.

In the profile `offline` that is glyphnet and handwritten digits, in `imagenet` resnet18 and photographs.
The same cells run in both.
"""

from __future__ import annotations

import os
import pickle
import zipfile
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlparse

import torch
from torchvision.models import get_model, get_model_weights
from torchvision.models._api import WeightsEnum

from headstart.data import Digits
from headstart.photos import NETWORK_TIMEOUT, Photos, ensure, find_collection, network_timeout, one_line
from headstart.profiles import Unavailable, device, fall_back, profile

GPU_MEMORY = 4.0  # GiB that must be free: worked out from its tensors, a lesson holds about 2.5 at once
LARGEST_SIZE = 500  # training images: the most that a lesson asks for
UNREADABLE = (RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Task:
    """What to learn: `task.data("train", size=200)`, starting from `get_model(task.backbone, weights="DEFAULT")`.

    Attributes:
        profile: "offline" or "imagenet".
        backbone: the name of the pre-trained model.
        classes: names of the classes.
        device: "cuda" or "cpu".
        collection: "digits", "pets" or "ants_bees".
    """

    profile: str
    backbone: str
    classes: tuple[str, ...]
    device: str
    collection: str

    @property
    def weights(self) -> WeightsEnum:
        """The default weights of the backbone, with `.transforms()` and `.meta`."""
        return get_model_weights(self.backbone).DEFAULT

    def data(self, split: str, size: int | None = None, seed: int = 0) -> Digits | Photos:
        """Return one split, with `.tensors()`, `.classes` and `.targets`.

        Args:
            split: "train", "val" or "test".
            size: for "train" only: how many images, for example 50 to 500. None is all. A smaller collection gives
                all that it has, and one line says so.
            seed: which of the random splits.
        """
        if self.collection == "digits":
            return Digits(split, size=size, seed=seed, transform=self.weights.transforms())
        transform = self.weights.transforms()
        photos = Photos(
            split, size=size, seed=seed, transform=transform, collection=self.collection, enough=LARGEST_SIZE
        )
        if size is not None and len(photos) < size:
            say_that_there_are_fewer(self.collection, len(photos))
        return photos

    def __str__(self) -> str:
        return f"{self.profile}: {self.backbone}, {len(self.classes)} classes ({self.collection}), on {self.device}"


def task() -> Task:
    """Return what the current profile learns.

    `HEADSTART_PROFILE=imagenet` asks for photographs: cats and dogs, or ants and bees with
    `HEADSTART_PHOTOS=ants_bees`. That needs a GPU (or `HEADSTART_DEVICE=cpu` and patience), and at the first
    time the network. Where something is missing, one line says what, and the answer is the offline task.

    Raises:
        UnknownName: one of the variables `HEADSTART_PROFILE`, `HEADSTART_PHOTOS` and `HEADSTART_DEVICE`
            holds something unknown.
    """
    where = device()
    if profile() == "imagenet":
        name = os.environ.get("HEADSTART_PHOTOS", "").strip().lower() or "pets"
        collection = find_collection(name)
        try:
            check_device(where)
            ensure_weights("resnet18")
            ensure(name)
            return Task("imagenet", "resnet18", collection.classes, where, name)
        except Unavailable as error:
            fall_back(str(error))
    import headstart.models  # noqa: F401  registers glyphnet

    return Task("offline", "glyphnet", Digits.classes, where, "digits")


@cache
def say_that_there_are_fewer(collection: str, available: int) -> None:
    """Say once that `collection` has fewer training images than a lesson asks for."""
    print(f"{collection} has {available} training images; where a lesson asks for more, it gets these.")


def check_device(where: str) -> None:
    """Raise Unavailable unless `where` is a GPU with enough memory, or the learner has asked for the CPU."""
    if where == "cuda":
        check_memory(torch.cuda.mem_get_info()[0])
    elif os.environ.get("HEADSTART_DEVICE", "").strip().lower() != "cpu":
        raise Unavailable("PyTorch finds no GPU here (HEADSTART_DEVICE=cpu goes on without one, slowly)")


def check_memory(free_bytes: int) -> None:
    """Raise Unavailable if so many free bytes of GPU memory are not enough."""
    free = free_bytes / 2**30
    if free < GPU_MEMORY:
        raise Unavailable(f"the GPU has {free:.1f} GiB of free memory, and {GPU_MEMORY:.0f} are needed")


def ensure_weights(backbone: str) -> None:
    """Make sure that the default weights of `backbone` are in torch.hub's cache and can be loaded.

    A file that cannot be loaded is half of a download: it is removed, and downloaded again.

    Raises:
        Unavailable: the weights are not in the cache and cannot be downloaded.
    """
    weights = get_model_weights(backbone).DEFAULT
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(weights.url).path).name
    broken = ""
    for _ in range(2):
        try:
            if broken:
                file.unlink(missing_ok=True)
            with network_timeout(NETWORK_TIMEOUT):
                get_model(backbone, weights=weights)
            return
        except (OSError, HTTPException) as error:
            state = "half-downloaded" if broken else "not on this computer"
            raise Unavailable(
                f"the weights of {backbone} are {state} and cannot be downloaded ({one_line(error)})"
            ) from error
        except UNREADABLE as error:
            broken = one_line(error)
    raise Unavailable(f"the weights of {backbone} cannot be loaded ({broken})")

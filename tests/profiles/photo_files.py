"""Small photo collections in the layout that torchvision expects, and a network of our own."""

from __future__ import annotations

import io
import ssl
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from urllib.error import URLError
from urllib.response import addinfourl

import numpy as np
from PIL import Image

PER_CLASS = {"trainval": 36, "test": 8}


def write_photo(file: Path, label: int, number: int) -> None:
    """Write a small JPEG that shows its number, and by its colour its class."""
    random = np.random.RandomState(1000 * label + number)
    pixels = random.randint(0, 120, (48, 64, 3))
    pixels[..., label] += 120
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(file)


def write_pets(root: Path) -> Path:
    """Write a small Oxford-IIIT Pet, as torchvision leaves it after unpacking both archives."""
    folder = root / "oxford-iiit-pet"
    (folder / "annotations").mkdir(parents=True)
    for split, count in PER_CLASS.items():
        lines = []
        for species, breed in enumerate(("Abyssinian", "beagle")):
            for number in range(count):
                name = f"{breed}_{number + (0 if split == 'trainval' else 500)}"
                write_photo(
                    folder / "images" / f"{name}.jpg", species, number + (0 if split == "trainval" else 500)
                )
                lines.append(f"{name} {5 * species + 1} {species + 1} 1")
        (folder / "annotations" / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return root


def write_ants_and_bees(root: Path) -> Path:
    """Write a small version of the transfer learning tutorial's folders."""
    for split, count in (("train", 15), ("val", 5)):
        for label, insect in enumerate(("ants", "bees")):
            for number in range(count):
                file = root / "hymenoptera_data" / split / insect / f"{number}.jpg"
                write_photo(file, label, number + (0 if split == "train" else 500))
    return root


class Body(io.BytesIO):
    """What a server sends; after `breaks_after` bytes the connection breaks."""

    def __init__(self, content: bytes, breaks_after: int | None = None) -> None:
        super().__init__(content)
        self.length = len(content)
        self.breaks_after = breaks_after

    def read(self, size: int | None = -1) -> bytes:
        if self.breaks_after is not None and self.tell() >= self.breaks_after:
            raise ConnectionResetError("Connection reset by peer")
        return super().read(size)


class LocalNetwork(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Answers requests from `files` (address -> makes the body) and knows no other address."""

    def __init__(self) -> None:
        super().__init__(context=ssl.create_default_context())
        self.files: dict[str, Callable[[], Body]] = {}
        self.asked: list[str] = []

    def https_open(self, request: urllib.request.Request) -> addinfourl:
        self.asked.append(request.full_url)
        if request.full_url not in self.files:
            raise URLError("Temporary failure in name resolution")
        body = self.files[request.full_url]()
        headers = Message()
        headers["Content-Length"] = str(body.length)
        response = addinfourl(body, headers, request.full_url, 200)
        response.msg = "OK"
        return response

    http_open = https_open

"""Photographs are read by torchvision from small files of our own, and a download is whole or not there."""

from __future__ import annotations

import dataclasses
import io
import os
import socket
import tarfile
import time
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from local_network import Body
from stand_in_cache import write_ants_and_bees, write_pets
from torchvision.models import ResNet18_Weights

from headstart.names import UnknownName
from headstart.photos import (
    ANTS_BEES_URL,
    COLLECTIONS,
    Photos,
    download,
    download_ants_and_bees,
    ensure,
    network_timeout,
    remove_stale,
    split_indices,
)
from headstart.profiles import Unavailable, cache_folder

PETS_URLS = [
    f"https://www.robots.ox.ac.uk/~vgg/data/pets/data/{name}.tar.gz" for name in ("images", "annotations")
]


def test_images_are_those_of_torchvision_through_the_preset_of_the_weights(pets):
    photos = Photos("test", seed=1)
    images, labels = photos.tensors()
    assert images.shape == (16, 3, 224, 224) and images.dtype == torch.float32
    assert labels.dtype == torch.int64 and labels.tolist() == photos.targets.tolist()
    image, label = photos[3]
    assert torch.equal(image, images[3]) and label == labels[3]
    assert photos.classes == ("cat", "dog")
    # Cats are reddish in the files of the test, dogs greenish.
    red_minus_green = (images[:, 0] - images[:, 1]).mean((1, 2))
    assert torch.equal(red_minus_green < 0, labels.bool())
    raw = photos._images[int(photos.indices[3])][0]
    assert torch.equal(image, ResNet18_Weights.DEFAULT.transforms()(raw))


def test_tensors_are_read_once_and_cannot_be_spoilt(pets):
    photos = Photos("test")
    images, labels = photos.tensors()
    before = images.clone()
    images.zero_(), labels.zero_()
    for file in (pets / "oxford-iiit-pet/images").iterdir():
        file.unlink()
    again, labels_again = photos.tensors()
    assert torch.equal(again, before) and labels_again.sum() == 8


def files(photos: Photos) -> set[str]:
    """The names of a split's files."""
    return {photos._images._images[int(i)].name for i in photos.indices}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_splits_are_disjoint_stratified_and_nested(pets, seed):
    train, val, test = (Photos(split, seed=seed) for split in ("train", "val", "test"))
    assert (len(train), len(val), len(test)) == (48, 24, 16)
    assert not files(train) & files(val) and not (files(train) | files(val)) & files(test)
    for photos in (train, val, test, Photos("train", size=10, seed=seed)):
        assert torch.bincount(photos.targets).tolist() == [len(photos) // 2] * 2
    assert (
        files(Photos("train", size=10, seed=seed)) < files(Photos("train", size=20, seed=seed)) < files(train)
    )
    assert torch.equal(Photos("train", seed=seed).indices, train.indices)
    assert not torch.equal(Photos("train", seed=seed + 1).indices, train.indices)


def test_sizes_of_the_published_collections():
    # Counts of Oxford-IIIT Pet and of the tutorial's folder, as they are published.
    pets = np.repeat([0, 1], [1188, 2492])
    insects = np.repeat([0, 1], [123, 121])
    assert [len(split_indices(split, pets, 2, 0)) for split in ("train", "val", "test")] == [500, 500, 800]
    assert [len(split_indices(split, insects, 2, 0)) for split in ("train", "val")] == [160, 82]


def test_ants_and_bees_come_through_image_folder(ants_and_bees):
    train, test = Photos("train", collection="ants_bees"), Photos("test", collection="ants_bees")
    assert train.classes == ("ant", "bee") and (len(train), len(test)) == (20, 10)
    images, labels = test.tensors()
    assert torch.equal((images[:, 0] - images[:, 1]).mean((1, 2)) < 0, labels.bool())


def test_another_transform(pets):
    photos = Photos("val", transform=lambda image: torch.tensor([float(value) for value in image.size]))
    assert photos.tensors()[0].tolist() == [[64.0, 48.0]] * 24


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"split": "valid"}, UnknownName, "Did you mean 'val'"),
        ({"collection": "pet"}, UnknownName, "Did you mean 'pets'"),
        ({"size": 49}, ValueError, "pass 2 to 48 training images"),
        ({"size": 1}, ValueError, "pass 2 to 48 training images"),
        ({"size": 2.0}, TypeError, "size is 2.0, a float"),
        ({"split": "val", "size": 10}, ValueError, "Leave size out"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": "0"}, TypeError, "seed is '0', a str"),
    ],
)
def test_bad_arguments(pets, arguments, error, says):
    with pytest.raises(error, match=says):
        Photos(**arguments)


def test_a_damaged_photo_is_named_with_a_remedy(pets):
    for file in (pets / "oxford-iiit-pet/images").iterdir():
        file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(
        OSError, match=r"photo \d+ in .*oxford-iiit-pet cannot be read .*HEADSTART_PROFILE=offline"
    ):
        Photos("test").tensors()


def everything(root: Path) -> list[str]:
    """What lies in the cache."""
    return sorted(path.name for path in root.iterdir()) if root.exists() else []


def test_what_is_in_the_cache_is_not_downloaded_again(pets, network):
    ensure("pets")
    assert network.asked == [] and everything(pets) == ["oxford-iiit-pet"]


@pytest.mark.parametrize("name", ["pets", "ants_bees"])
def test_no_network(tmp_path, network, name):
    with pytest.raises(
        Unavailable, match=r"is not in .*, and the download failed .*name resolution"
    ) as caught:
        ensure(name, tmp_path / "cache")
    assert "\n" not in str(caught.value) and network.asked
    assert everything(tmp_path / "cache") == []


@pytest.mark.parametrize("name", ["pets", "ants_bees"])
def test_a_broken_connection(tmp_path, network, name):
    for url in [*PETS_URLS, ANTS_BEES_URL]:
        network.files[url] = lambda: Body(b"x" * 200_000, breaks_after=100_000)
        network.files[url.replace("https:", "http:")] = network.files[url]
    with pytest.raises(Unavailable, match="Connection reset by peer"):
        ensure(name, tmp_path / "cache")
    assert everything(tmp_path / "cache") == []


def test_an_archive_of_pets_that_is_not_the_published_one(tmp_path, network):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        pass
    network.files[PETS_URLS[0]] = lambda: Body(archive.getvalue())
    with pytest.raises(Unavailable, match="corrupted"):
        ensure("pets", tmp_path / "cache")
    assert everything(tmp_path / "cache") == []


def zipped(folder: Path) -> bytes:
    """A zip archive of what is in `folder`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return content.getvalue()


@pytest.fixture
def archive(tmp_path) -> bytes:
    """The ants and bees as an archive."""
    return zipped(write_ants_and_bees(tmp_path / "source"))


def test_a_download_ends_up_whole_and_alone(tmp_path, network, archive):
    network.files[ANTS_BEES_URL] = lambda: Body(archive)
    ensure("ants_bees", tmp_path / "cache")
    assert everything(tmp_path / "cache") == ["hymenoptera_data"]
    assert len(Photos("train", collection="ants_bees", root=tmp_path / "cache")) == 20
    asked = len(network.asked)
    ensure("ants_bees", tmp_path / "cache")
    assert len(network.asked) == asked


@pytest.mark.parametrize("damage", ["half", "flipped", "empty", "other_content"])
def test_a_damaged_archive_leaves_nothing_behind(tmp_path, network, archive, damage):
    middle = len(archive) // 3
    content = {
        "half": archive[:middle],
        "flipped": archive[:middle]
        + bytes(byte ^ 255 for byte in archive[middle : middle + 50])
        + archive[middle + 50 :],
        "empty": b"",
        "other_content": zipped(write_pets(tmp_path / "other")),
    }[damage]
    network.files[ANTS_BEES_URL] = lambda: Body(content)
    with pytest.raises(Unavailable):
        ensure("ants_bees", tmp_path / "cache")
    assert everything(tmp_path / "cache") == []


def test_an_incomplete_folder_is_replaced_when_there_is_a_network(ants_and_bees, network, archive):
    for file in (ants_and_bees / "hymenoptera_data/val/bees").iterdir():
        file.unlink()
    with pytest.raises(Unavailable, match=r"is not complete: .* and the download failed"):
        ensure("ants_bees")
    assert everything(ants_and_bees) == ["hymenoptera_data"]
    network.files[ANTS_BEES_URL] = lambda: Body(archive)
    ensure("ants_bees")
    assert everything(ants_and_bees) == ["hymenoptera_data"]
    assert len(Photos("test", collection="ants_bees")) == 10


@pytest.mark.parametrize("missing", ["images", "annotations", "images/beagle_3.jpg", "annotations/test.txt"])
def test_incomplete_pets_are_noticed(pets, network, missing):
    target = pets / "oxford-iiit-pet" / missing
    target.rename(pets / "elsewhere")
    with pytest.raises(Unavailable, match=r"oxford-iiit-pet is not complete"):
        ensure("pets")


def test_an_empty_photo_is_noticed(pets, network):
    (pets / "oxford-iiit-pet/images/Abyssinian_1.jpg").write_bytes(b"")
    with pytest.raises(Unavailable, match=r"1 of 72 images are missing or empty \(Abyssinian_1.jpg\)"):
        ensure("pets")


def test_the_cache_is_a_file(tmp_path, network):
    (tmp_path / "cache").write_text("")
    with pytest.raises(Unavailable, match="the download failed"):
        ensure("pets", tmp_path / "cache")


def test_an_interrupted_download_leaves_nothing_behind(tmp_path):
    def interrupted(root: Path) -> None:
        (root / "half").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(dataclasses.replace(COLLECTIONS["pets"], download=interrupted), tmp_path)
    assert everything(tmp_path) == []


def test_what_a_killed_process_left_is_removed(tmp_path):
    for name, age in ((".partial-old", 7200), (".partial-new", 0)):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep/file").write_text("x")
        for path in (tmp_path / name / "deep/file", tmp_path / name / "deep", tmp_path / name):
            os.utime(path, (time.time() - age,) * 2)
    remove_stale(tmp_path)
    assert everything(tmp_path) == [".partial-new"]


def test_two_downloads_at_the_same_time(tmp_path, network, archive):
    network.files[ANTS_BEES_URL] = lambda: Body(archive)

    def second_is_faster(root: Path) -> None:
        ensure("ants_bees", tmp_path / "cache")
        download_ants_and_bees(root)

    download(dataclasses.replace(COLLECTIONS["ants_bees"], download=second_is_faster), tmp_path / "cache")
    assert everything(tmp_path / "cache") == ["hymenoptera_data"]


def test_an_archive_from_elsewhere(tmp_path, network, archive):
    network.files["https://example.org/h.zip"] = lambda: Body(archive)
    fetch = partial(download_ants_and_bees, url="https://example.org/h.zip")
    download(dataclasses.replace(COLLECTIONS["ants_bees"], download=fetch), tmp_path / "cache")
    assert everything(tmp_path / "cache") == ["hymenoptera_data"]


def test_the_time_limit_of_connections_is_put_back():
    before = socket.getdefaulttimeout()
    with pytest.raises(OSError), network_timeout(7.0):
        assert socket.getdefaulttimeout() == 7.0
        raise OSError
    assert socket.getdefaulttimeout() == before


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.delenv("HEADSTART_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "headstart"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/headstart"
    monkeypatch.setenv("HEADSTART_CACHE", "~/photos")
    assert cache_folder() == Path.home() / "photos"

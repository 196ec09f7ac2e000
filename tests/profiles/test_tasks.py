"""What the profiles hand out, and that whatever is missing ends in one line and the offline task."""

from __future__ import annotations

import pytest
import torch
from local_network import Body
from torchvision.models import ResNet18_Weights, get_model

import headstart
from headstart import profiles, tasks
from headstart.data import Digits
from headstart.names import UnknownName
from headstart.profiles import Unavailable
from headstart.training import fit


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins as a fresh kernel does."""
    monkeypatch.setattr(profiles, "_unavailable", [])
    tasks.say_that_there_are_fewer.cache_clear()
    for name in ("HEADSTART_PROFILE", "HEADSTART_DEVICE", "HEADSTART_PHOTOS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def imagenet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The learner asks for photographs, without a GPU."""
    monkeypatch.setenv("HEADSTART_PROFILE", "imagenet")
    monkeypatch.setenv("HEADSTART_DEVICE", "cpu")


def test_offline_is_the_default_and_asks_no_network(network, capsys):
    task = headstart.task()
    assert (task.profile, task.backbone, task.collection) == ("offline", "glyphnet", "digits")
    assert task.device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert headstart.profile() == "offline"
    images, labels = task.data("train", size=50, seed=3).tensors()
    expected = Digits("train", size=50, seed=3).tensors()
    assert torch.equal(images, expected[0]) and torch.equal(labels, expected[1])
    assert task.data("val").classes == task.classes == tuple("0123456789")
    model = get_model(task.backbone, weights="DEFAULT")
    assert model(images[:2]).shape == (2, 43)
    assert network.asked == [] and capsys.readouterr().out == ""


def test_imagenet_trains_on_photographs(imagenet, pets, random_weights, network, capsys):
    task = headstart.task()
    assert str(task) == "imagenet: resnet18, 2 classes (pets), on cpu"
    assert task.weights == ResNet18_Weights.DEFAULT and task.classes == ("cat", "dog")
    images, labels = task.data("train", size=4, seed=1).tensors()
    model = get_model(task.backbone, weights="DEFAULT")
    assert torch.equal(model.fc.weight, torch.load(random_weights, weights_only=True)["fc.weight"])
    model.fc = torch.nn.Linear(model.fc.in_features, len(task.classes))
    losses = fit(model, images, labels, epochs=1, lr=1e-3)
    assert len(losses) == 1 and headstart.profile() == "imagenet"
    assert network.asked == [] and capsys.readouterr().out == ""


def test_ants_and_bees(imagenet, ants_and_bees, random_weights, network, monkeypatch):
    monkeypatch.setenv("HEADSTART_PHOTOS", "Ants_Bees")
    task = headstart.task()
    assert task.classes == ("ant", "bee") and len(task.data("test")) == 10


def test_a_collection_with_fewer_images_than_a_lesson_asks_for(imagenet, pets, random_weights, capsys):
    task = headstart.task()
    everything = task.data("train")
    assert len(everything) == 48 and capsys.readouterr().out == ""
    asked_for_more = [task.data("train", size=size, seed=1) for size in (49, 200, 500)]
    assert {len(photos) for photos in asked_for_more} == {48}
    said = capsys.readouterr().out
    assert said == "pets has 48 training images; where a lesson asks for more, it gets these.\n"
    for wrong, size in ((ValueError, 501), (ValueError, 1), (TypeError, 2.5)):
        with pytest.raises(wrong, match=f"size is {size}"):
            task.data("train", size=size)
    with pytest.raises(ValueError, match="only 'train' has a size"):
        task.data("val", size=200)


def expect_offline(capsys: pytest.CaptureFixture[str], *says: str) -> None:
    """The task is the offline one, one line says why, and that stays so without saying it again."""
    task = headstart.task()
    printed = capsys.readouterr().out.splitlines()
    (line,) = [line for line in printed if not line.startswith("Downloading:")]  # torch.hub names its address
    assert line.startswith("The imagenet profile is not available: ")
    assert line.endswith("The lesson goes on in the offline profile: handwritten digits and glyphnet.")
    for text in says:
        assert text in line
    assert task.profile == headstart.profile() == "offline" and task.backbone == "glyphnet"
    assert headstart.task() == task and len(task.data("train", size=50)) == 50
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_no_gpu(monkeypatch, pets, random_weights, network, capsys):
    monkeypatch.setenv("HEADSTART_PROFILE", "imagenet")
    expect_offline(capsys, "PyTorch finds no GPU here", "HEADSTART_DEVICE=cpu")


def test_a_gpu_that_is_almost_full():
    tasks.check_memory(8 * 2**30)
    with pytest.raises(Unavailable, match=r"the GPU has 1\.5 GiB of free memory, and 4 are needed"):
        tasks.check_memory(3 * 2**29)


def test_no_network_and_no_photographs(imagenet, tmp_path, monkeypatch, random_weights, network, capsys):
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    expect_offline(
        capsys, f"Oxford-IIIT Pet is not in {tmp_path / 'cache'}, and the download failed", "resolution"
    )
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_network_and_no_weights(imagenet, pets, random_weights, network, capsys):
    random_weights.unlink()
    expect_offline(
        capsys, "the weights of resnet18 are not on this computer and cannot be downloaded", "resolution"
    )
    assert list(random_weights.parent.iterdir()) == []


def test_half_downloaded_weights(imagenet, pets, random_weights, network, capsys):
    random_weights.write_bytes(random_weights.read_bytes()[:1_000_000])
    expect_offline(capsys, "the weights of resnet18 are half-downloaded and cannot be downloaded")
    assert list(random_weights.parent.iterdir()) == []


def test_the_weights_of_another_model(imagenet, pets, random_weights, network, capsys):
    torch.save({"fc.weight": torch.zeros(3)}, random_weights)
    expect_offline(capsys, "the weights of resnet18 are")


@pytest.mark.parametrize("breaks_after", [None, 1000])
def test_a_download_of_weights_that_goes_wrong(imagenet, pets, random_weights, network, capsys, breaks_after):
    random_weights.unlink()
    network.files[ResNet18_Weights.DEFAULT.url] = lambda: Body(b"x" * 5000, breaks_after)
    expect_offline(capsys, "invalid hash" if breaks_after is None else "Connection reset")
    assert list(random_weights.parent.iterdir()) == []


def test_photographs_that_are_not_complete(imagenet, pets, random_weights, network, capsys):
    (pets / "oxford-iiit-pet/images/beagle_1.jpg").unlink()
    expect_offline(capsys, "1 of 72 images are missing or empty (beagle_1.jpg), and the download failed")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HEADSTART_PROFILE", "imagnet", "Did you mean 'imagenet'"),
        ("HEADSTART_PHOTOS", "pet", "Did you mean 'pets'"),
        ("HEADSTART_DEVICE", "gpu", "unknown device"),
    ],
)
def test_variables_with_a_slip(imagenet, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises(UnknownName, match=says):
        headstart.task()


@pytest.mark.parametrize("value", ["cpu", "cuda", "CPU", ""])
def test_devices(monkeypatch, value):
    monkeypatch.setenv("HEADSTART_DEVICE", value)
    assert profiles.device() == ("cuda" if value in ("cuda", "") and torch.cuda.is_available() else "cpu")


def test_an_empty_variable_is_no_choice(monkeypatch):
    monkeypatch.setenv("HEADSTART_PROFILE", "")
    assert headstart.profile() == "offline"

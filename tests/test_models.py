"""The offline backbones: torchvision's interface, the packaged weights, the preset, and no network at all."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models import ResNet18_Weights, get_model, get_model_weights, list_models

from headstart.data import Digits, all_digits
from headstart.models import CountsPreset, GlyphNet_VGG_Weights, GlyphNet_Weights, packaged
from headstart.names import UnknownName
from headstart.pretraining import digit_accuracies, letter_accuracy
from headstart.training import predict_logits

ARCHITECTURES = {"glyphnet": (GlyphNet_Weights, "fc"), "glyphnet_vgg": (GlyphNet_VGG_Weights, "classifier")}
every_architecture = pytest.mark.parametrize("arch", ARCHITECTURES)


@every_architecture
def test_torchvision_knows_the_model_and_its_weights(arch: str):
    weights = ARCHITECTURES[arch][0]
    assert arch in list_models()
    assert get_model_weights(arch) is weights
    assert weights.DEFAULT is weights.LETTERS_V1


@every_architecture
def test_weights_can_be_named_in_every_usual_way(arch: str):
    enum, head = ARCHITECTURES[arch]
    images = torch.randn(4, 3, 32, 32)
    names = ("DEFAULT", "LETTERS_V1", f"{enum.__name__}.LETTERS_V1", enum.DEFAULT)
    logits = [predict_logits(get_model(arch, weights=name), images) for name in names]
    assert all(torch.equal(logits[0], other) for other in logits[1:])
    assert logits[0].shape == (4, 43)
    assert isinstance(getattr(get_model(arch, weights="DEFAULT"), head), nn.Linear)


@every_architecture
def test_meta_says_what_the_weights_are(arch: str):
    weights = ARCHITECTURES[arch][0].DEFAULT
    model = get_model(arch, weights=weights)
    assert weights.meta["num_params"] == sum(p.numel() for p in model.parameters())
    assert len(weights.meta["categories"]) == 43
    assert "20,000 letters" in weights.meta["recipe"] and f"--arch {arch}" in weights.meta["recipe"]
    assert weights.meta["_file_size"] == pytest.approx(weights.path.stat().st_size / 1e6, abs=0.001)


@every_architecture
def test_the_measured_accuracies_still_hold(arch: str):
    weights = ARCHITECTURES[arch][0].DEFAULT
    model = get_model(arch, weights=weights)
    metrics = weights.meta["_metrics"]
    assert 100 * letter_accuracy(model) == pytest.approx(metrics["held-out letters"]["acc@1"], abs=0.2)
    scores = digit_accuracies(model)
    assert 100 * sum(scores) / 5 == pytest.approx(metrics["digits, 200 for training"]["acc@1"], abs=0.3)


@every_architecture
def test_the_weights_are_small_and_have_the_digest_in_the_code(arch: str):
    weights = ARCHITECTURES[arch][0].DEFAULT
    content = weights.path.read_bytes()
    assert len(content) < 1_000_000
    assert hashlib.sha256(content).hexdigest() == weights.meta["sha256"]


@every_architecture
def test_parameters_are_float32_and_belong_to_one_model_only(arch: str):
    first, second = get_model(arch, weights="DEFAULT"), get_model(arch, weights="DEFAULT")
    assert {p.dtype for p in first.parameters()} == {torch.float32}
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.zero_()
    assert all(p.any() for p in second.parameters())


def test_glyphnet_has_the_names_of_a_resnet():
    model = get_model("glyphnet", weights="DEFAULT")
    children = [name for name, _ in model.named_children()]
    assert children == [
        "conv1",
        "bn1",
        "relu",
        "maxpool",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "avgpool",
        "fc",
    ]
    assert isinstance(model.maxpool, nn.Identity) and model.fc.in_features == 128
    resnet = get_model("resnet18", weights=None).state_dict()
    ours = set(model.state_dict())
    assert ours <= set(resnet)
    assert {"layer1.0.conv1.weight", "layer4.0.bn2.running_mean", "layer2.0.downsample.0.weight"} <= ours


def test_glyphnet_vgg_has_the_names_of_a_vgg():
    model = get_model("glyphnet_vgg", weights="DEFAULT")
    assert [name for name, _ in model.named_children()] == ["features", "avgpool", "classifier"]
    assert not hasattr(model, "fc")


@every_architecture
def test_random_weights_are_the_default(arch: str):
    torch.manual_seed(0)
    first = get_model(arch, num_classes=10)
    torch.manual_seed(0)
    second = get_model(arch, weights=None, num_classes=10)
    assert first(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert get_model(arch)(torch.zeros(2, 3, 32, 32)).shape == (2, 1000)


@every_architecture
def test_the_number_of_classes_must_fit_the_weights(arch: str):
    assert get_model(arch, weights="DEFAULT", num_classes=43) is not None
    with pytest.raises(
        ValueError, match=r"num_classes is 10, but .*LETTERS_V1 has 43 classes; load it without"
    ):
        get_model(arch, weights="DEFAULT", num_classes=10)


@every_architecture
def test_unknown_weights_are_refused_with_the_nearest_name(arch: str):
    with pytest.raises(UnknownName, match=r"unknown weights 'LETTERS_V2'\. Did you mean 'LETTERS_V1'"):
        get_model(arch, weights="LETTERS_V2")
    with pytest.raises(TypeError, match="ResNet18_Weights"):
        get_model(arch, weights=ResNet18_Weights.DEFAULT)


@every_architecture
def test_the_enum_survives_copying(arch: str):
    weights = ARCHITECTURES[arch][0].DEFAULT
    assert copy.deepcopy(weights) is weights
    assert pickle.loads(pickle.dumps(weights)) is weights


def test_a_changed_weights_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    weights = GlyphNet_Weights.DEFAULT
    content = bytearray(weights.path.read_bytes())
    content[-1] ^= 1
    (tmp_path / weights.url).write_bytes(content)
    monkeypatch.setattr(packaged, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(
        RuntimeError, match=r"has SHA-256 .*, expected .*changed or damaged; install headstart again"
    ):
        get_model("glyphnet", weights="DEFAULT")


def test_a_missing_weights_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packaged, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"glyphnet_letters_v1.safetensors is missing; install headstart"
    ):
        get_model("glyphnet", weights="DEFAULT")


def test_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"a connection was opened: {arguments}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    all_digits.cache_clear()
    for arch in ARCHITECTURES:
        logits = predict_logits(get_model(arch, weights="DEFAULT"), Digits("test").tensors()[0][:8])
        assert logits.shape == (8, 43)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((8, 8), (3, 32, 32)),
        ((1, 8, 8), (3, 32, 32)),
        ((5, 8, 8), (5, 3, 32, 32)),
        ((5, 1, 8, 8), (5, 3, 32, 32)),
        ((1, 1, 8, 8), (1, 3, 32, 32)),
        ((2, 5, 1, 8, 8), (2, 5, 3, 32, 32)),
        ((0, 1, 8, 8), (0, 3, 32, 32)),
    ],
)
def test_the_preset_takes_single_images_and_batches(shape: tuple[int, ...], expected: tuple[int, ...]):
    images = GlyphNet_Weights.DEFAULT.transforms()(torch.zeros(shape, dtype=torch.uint8))
    assert images.shape == expected and images.dtype == torch.float32


def test_the_preset_normalises_as_imagenet_does():
    preset = CountsPreset()
    dark, bright = preset(torch.zeros(8, 8)), preset(torch.full((8, 8), 16))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(dark[:, 0, 0], -mean / std)
    torch.testing.assert_close(bright[:, 9, 9], (1 - mean) / std)
    assert "bilinear" in preset.describe() and "image_size=32" in repr(preset)


def test_a_pil_image_gives_what_its_counts_give():
    counts = Digits("test").data[3]
    bitmap = torch.zeros(32, 32, dtype=torch.uint8)
    for row in range(8):
        for column in range(8):
            block = torch.arange(16) < counts[row, column]
            bitmap[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 255 * block.reshape(4, 4)
    image = Image.fromarray(bitmap.numpy())
    preset = CountsPreset()
    torch.testing.assert_close(preset(image), preset(counts), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("image", "kind", "message"),
    [
        ([[0] * 8] * 8, TypeError, "got list; pass a tensor of counts or a PIL image"),
        (torch.zeros(3, 32, 32), ValueError, r"got shape \(3, 32, 32\); pass counts of shape"),
        (torch.zeros(8), ValueError, r"got shape \(8,\)"),
        (torch.full((8, 8), 255), ValueError, "got counts from 255 to 255; expected 0 to 16"),
        (torch.full((8, 8), -1), ValueError, "got counts from -1"),
    ],
)
def test_the_preset_refuses_what_are_no_counts(image: object, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        CountsPreset()(image)


def test_float_counts_may_carry_noise():
    assert CountsPreset()(torch.full((8, 8), -0.5)).isfinite().all()


def run_python(code: str) -> str:
    """Run code in a fresh Python and return what it prints."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.check_output([sys.executable, "-c", code], text=True, env=environment).strip()


def test_importing_headstart_imports_nothing_heavy():
    heavy = [
        "torch",
        "torchvision",
        "sklearn",
        "matplotlib",
        "ipywidgets",
        "anywidget",
        "pydantic",
        "IPython",
        "scipy",
    ]
    found = run_python(f"import sys, headstart; print([name for name in {heavy} if name in sys.modules])")
    assert found == "[]"


def test_importing_the_models_and_the_data_imports_no_plots_and_no_widgets():
    heavy = ["sklearn", "matplotlib", "ipywidgets", "anywidget", "pydantic", "IPython", "scipy"]
    modules = "headstart.models, headstart.data, headstart.training"
    found = run_python(f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])")
    assert found == "[]"

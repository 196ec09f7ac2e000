"""The practice questions of lesson 11, tried in both libraries; what needs Keras is skipped where it is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import assert_pool, assert_prints, assert_tried, practice, run, snippet, views
from torch import nn
from torchvision.models import get_model

import headstart.models  # noqa: F401  (registers glyphnet)
from headstart.data import Digits
from headstart.training import extract_features, fit

# Keras' own way of turning tensors into arrays; nothing that a question writes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
QUESTIONS = practice("11_same_ideas_in_keras")


@pytest.fixture(scope="module")
def keras() -> Any:
    """Return the module keras on the torch backend, or skip."""
    os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


def test_the_pool_is_large_and_every_claim_is_tried() -> None:
    assert_pool(QUESTIONS)
    assert_tried(QUESTIONS, globals())


def moved(layer: Any, batches: int) -> float:
    """Return the running mean of a Keras BatchNorm layer after so many batches with the mean 1."""
    for _ in range(batches):
        layer(np.ones((8, 1), dtype="float32"), training=True)
    return float(layer.moving_mean.value.detach())


def test_momentum_meaning(keras: Any) -> None:
    for seen in views(QUESTIONS["momentum-meaning"]):
        layer = keras.layers.BatchNormalization(momentum=seen.values["momentum"])
        assert moved(layer, seen.values["batches"]) == pytest.approx(float(seen.answer), abs=0.001)


def test_how_much_faster(keras: Any) -> None:
    for seen in views(QUESTIONS["how-much-faster"]):
        in_torch = nn.BatchNorm1d(1, momentum=seen.values["torch_m"]).train()
        in_torch(torch.ones(8, 1))
        in_keras = moved(keras.layers.BatchNormalization(momentum=seen.values["keras_m"]), 1)
        assert in_torch.running_mean.item() / in_keras == pytest.approx(float(seen.answer), abs=0.01)


def test_turned() -> None:
    for seen in views(QUESTIONS["turned"]):
        assert_prints(seen)


def test_scrambled(tmp_path: Path) -> None:
    model = get_model("glyphnet", weights="DEFAULT")
    train, test = Digits("train", size=200), Digits("val")
    images, labels = train.tensors()
    features = extract_features(model, images)
    torch.manual_seed(0)
    model.fc = nn.Linear(128, 10)
    fit(model.fc, features, labels, epochs=20, lr=1e-2)
    images, labels = test.tensors()
    assert len(images) == 500
    np.save(tmp_path / "digits.npy", images.permute(0, 2, 3, 1).numpy())
    code = (QUESTIONS["scrambled"].code or "").replace("digits.npy", str(tmp_path / "digits.npy"))

    def right(code: str) -> float:
        _, known = run(code, np=np, torch=torch, model=model)
        assert known["batch"].shape == (500, 3, 32, 32)
        return (known["answers"] == labels).float().mean().item()

    assert right(code) < 0.25
    assert right(code.replace("reshape(-1, 3, 32, 32)", "reshape(500, 3, 32, 32)")) < 0.25
    assert right(code.replace("reshape(-1, 3, 32, 32)", "permute(0, 3, 1, 2)")) > 0.85


def test_feature_numbers(keras: Any) -> None:
    network = keras.applications.MobileNetV2(weights=None, include_top=False)
    for seen in views(QUESTIONS["feature-numbers"]):
        size = seen.values["size"]
        assert np.prod(network.compute_output_shape((1, size, size, 3))) == seen.answer


def test_keras_to_torch() -> None:
    from torchvision.models import MobileNet_V2_Weights

    names = {
        "torch": torch,
        "images": np.zeros((2, 260, 300, 3), dtype="uint8"),
        "weights": MobileNet_V2_Weights.IMAGENET1K_V1,
        "model": get_model("mobilenet_v2", weights=None),
    }
    lines = [item.text.strip("`") for item in QUESTIONS["keras-to-torch"].items]
    _, known = run("\n".join(lines), **names)
    assert known["probabilities"].shape == (2, 1000)
    assert torch.allclose(known["probabilities"].sum(1), torch.ones(2), atol=1e-5)
    with pytest.raises(RuntimeError, match="to have 3 channels"):  # what happens without the turn
        names["model"](torch.zeros(1, 64, 64, 3))


def test_counted_here(keras: Any) -> None:
    for seen in views(QUESTIONS["counted-here"])[:4]:
        assert_prints(seen)


def test_which_lists(keras: Any) -> None:
    for seen in views(QUESTIONS["which-lists"]):
        assert_prints(seen)


def test_neighbours(keras: Any) -> None:
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(8), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    images = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    code = QUESTIONS["neighbours"].code or ""

    def same_alone(code: str) -> bool:
        together = run(code, model=model, images=images)[1]["logits"][:2]
        apart = run(code, model=model, images=images[:2])[1]["logits"]
        return torch.allclose(together, apart, atol=1e-5)

    assert not same_alone(code)
    assert same_alone(code.replace("True", "False"))


def test_frozen_dropout_works_on_while_batchnorm_rests(keras: Any) -> None:
    norm, drop = keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)
    ones = np.full((64, 100), 5.0, dtype="float32")
    network = keras.Sequential([keras.Input((100,)), norm, drop])
    network.trainable = False
    outputs = network(ones, training=True)
    assert norm.moving_mean.value.abs().max() == 0
    assert 0.4 < (outputs == 0).float().mean() < 0.6
    # 5 stays 5 under the stored statistics, and Dropout doubles what it keeps.
    assert outputs.max().item() == pytest.approx(10, abs=0.1)


def test_twice_softmax() -> None:
    question = QUESTIONS["twice-softmax"]
    torch.manual_seed(0)
    names = {
        "nn": nn,
        "torch": torch,
        "features": 3 * torch.eye(10).repeat(1, 128),
        "labels": torch.arange(10),
    }
    code = question.code or ""
    _, known = snippet(question, **names)
    answers = known["head"](names["features"]).argmax(1)
    assert torch.equal(answers, names["labels"])
    assert 1.46 < known["loss"].item() < 1.48
    sure = 1000 * torch.eye(10)
    assert nn.functional.cross_entropy(sure.softmax(1), names["labels"]).item() == pytest.approx(
        1.461, abs=0.001
    )
    _, mended = run(code.replace(", nn.Softmax(dim=1)", ""), **names)
    assert mended["loss"].item() < 0.01


def test_left_out_gives_random_weights_in_one_and_a_download_in_the_other(keras: Any) -> None:
    import inspect

    assert inspect.signature(keras.applications.MobileNetV2).parameters["weights"].default == "imagenet"
    torch.manual_seed(0)
    first = get_model("mobilenet_v2").classifier[1].weight
    assert not torch.equal(first, get_model("mobilenet_v2").classifier[1].weight)

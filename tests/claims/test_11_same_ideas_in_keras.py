"""What lesson 11 says, asserted; skipped as a whole where the extra `keras` is not installed."""

from __future__ import annotations

import os
from functools import cache
from statistics import mean
from typing import Any

import pytest
import torch
from effect_rows import assert_shown
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights

import headstart.models  # noqa: F401  (registers glyphnet)
from headstart.data import Digits
from headstart.training import accuracy, extract_features, fit

pytestmark = [
    pytest.mark.claims,
    # Keras' own way of turning tensors into arrays; nothing that a lesson writes.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

SEEDS = range(3)
SMALL = {"input_shape": (64, 64, 3), "include_top": False, "pooling": "avg"}


@pytest.fixture(scope="module")
def keras() -> Any:
    """Return the module keras, on the torch backend."""
    return imported_keras()


def imported_keras() -> Any:
    """Import keras on the torch backend, or skip."""
    os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


@cache
def features(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the features of 200 training digits and of the test digits, each with labels."""
    model = get_model("glyphnet", weights="DEFAULT")
    train, test = Digits("train", size=200, seed=seed).tensors(), Digits("test", seed=seed).tensors()
    return (
        extract_features(model, train[0]).clone(),
        train[1],
        extract_features(model, test[0]).clone(),
        test[1],
    )


def torch_head(seed: int) -> nn.Module:
    """Return the lesson's head, trained with PyTorch."""
    images, labels, _, _ = features(seed)
    torch.manual_seed(seed)
    head = nn.Linear(128, 10)
    fit(head, images, labels, epochs=20, lr=1e-2, seed=seed)
    return head


def keras_accuracy(keras: Any, from_logits: bool, seed: int) -> float:
    """Return the test accuracy of the lesson's head, trained with Keras."""
    images, labels, test_images, test_labels = features(seed)
    keras.utils.set_random_seed(seed)
    head = keras.Sequential([keras.Input((128,)), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    head.compile(optimizer=keras.optimizers.Adam(1e-2), loss=loss)
    head.fit(images.numpy(), labels.numpy(), epochs=20, batch_size=16, verbose=0)
    return (head(test_images).argmax(1) == test_labels).double().mean().item()


def drift(forward: Any, running_mean: Tensor, seed: int) -> float:
    """Return how far the running mean moves while digits pass in train mode."""
    images = nn.functional.interpolate(Digits("train", size=50, seed=seed).tensors()[0][:24], size=64)
    before = running_mean.detach().clone()
    with torch.no_grad():
        for batch in images.split(8):
            forward(batch)
    return (running_mean.detach() - before).norm().item()


@cache
def measure() -> dict[str, list[float]]:
    """Return each effect that the lesson measures, one value a seed."""
    keras = imported_keras()
    effects: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        effects.setdefault(name, []).append(value)

    for seed in SEEDS:
        _, _, test_features, test_labels = features(seed)
        note("head in PyTorch: accuracy, %", 100 * accuracy(torch_head(seed), test_features, test_labels))
        note("head in Keras: accuracy, %", 100 * keras_accuracy(keras, True, seed))
        note("head in Keras without from_logits: accuracy, %", 100 * keras_accuracy(keras, False, seed))
        model = get_model("glyphnet", weights="DEFAULT")
        model.fc = torch_head(seed)
        images, labels = Digits("test", seed=seed).tensors()
        last = images.permute(0, 2, 3, 1).contiguous()
        note("layout by permute: accuracy, %", 100 * accuracy(model, last.permute(0, 3, 1, 2), labels))
        note("layout by reshape: accuracy, %", 100 * accuracy(model, last.reshape(-1, 3, 32, 32), labels))

        torch.manual_seed(seed)
        frozen = get_model("mobilenet_v2", weights=None).requires_grad_(False).train()
        note(
            "drift, PyTorch frozen in train(), distance",
            drift(frozen, frozen.features[0][1].running_mean, seed),
        )
        keras.utils.set_random_seed(seed)
        base = keras.applications.MobileNetV2(weights=None, **SMALL)
        for flag in (True, False):
            base.trainable = flag
            moving = base.get_layer("bn_Conv1").moving_mean.value
            moved = drift(lambda x, base=base: base(x.permute(0, 2, 3, 1), training=True), moving, seed)
            note(f"drift, Keras trainable={flag} with training=True, distance", moved)
    return effects


@pytest.mark.usefixtures("keras")
def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


@pytest.mark.usefixtures("keras")
def test_the_same_head_reaches_the_same_in_both() -> None:
    effects = measure()
    in_torch, in_keras = effects["head in PyTorch: accuracy, %"], effects["head in Keras: accuracy, %"]
    assert min(in_torch + in_keras) > 94
    assert max(abs(one - other) for one, other in zip(in_torch, in_keras, strict=True)) < 2.5


@pytest.mark.usefixtures("keras")
def test_logits_taken_for_probabilities_ruin_the_head() -> None:
    effects = measure()
    assert max(effects["head in Keras without from_logits: accuracy, %"]) < 60
    assert mean(effects["head in Keras: accuracy, %"]) > 94


@pytest.mark.usefixtures("keras")
def test_reshape_in_place_of_permute_scrambles_the_images() -> None:
    effects = measure()
    assert min(effects["layout by permute: accuracy, %"]) > 94
    assert max(effects["layout by reshape: accuracy, %"]) < 25


@pytest.mark.usefixtures("keras")
def test_frozen_batchnorm_stands_still_in_keras_and_moves_in_pytorch() -> None:
    effects = measure()
    assert max(effects["drift, Keras trainable=False with training=True, distance"]) == 0
    assert min(effects["drift, Keras trainable=True with training=True, distance"]) > 0.001
    assert min(effects["drift, PyTorch frozen in train(), distance"]) > 0.1


@pytest.mark.usefixtures("keras")
def test_the_running_mean_moves_much_further_in_pytorch() -> None:
    # One weighs the new batch with 0.1, the other with 0.001.
    effects = measure()
    in_torch = effects["drift, PyTorch frozen in train(), distance"]
    in_keras = effects["drift, Keras trainable=True with training=True, distance"]
    assert min(one / other for one, other in zip(in_torch, in_keras, strict=True)) > 30


def test_one_image_gives_a_thousand_probabilities(keras: Any) -> None:
    answer = keras.applications.MobileNetV2(weights=None)(torch.rand(1, 224, 224, 3), training=False)
    assert tuple(answer.shape) == (1, 1000)
    assert answer.sum().item() == pytest.approx(1, abs=1e-4) and answer.min().item() >= 0


def test_preprocessing_resizes_in_pytorch_and_only_rescales_in_keras(keras: Any) -> None:
    image = torch.randint(0, 256, (1, 3, 300, 400), dtype=torch.uint8)
    weights = get_model_weights("mobilenet_v2")["DEFAULT"]
    assert weights.transforms()(image).shape[2:] == (224, 224)
    last = image.permute(0, 2, 3, 1).float().numpy()
    rescaled = keras.applications.mobilenet_v2.preprocess_input(last.copy())
    assert rescaled.shape == last.shape
    assert rescaled == pytest.approx(last / 127.5 - 1, abs=1e-5)


def test_the_wrong_layout_is_loud(keras: Any) -> None:
    with pytest.raises(ValueError, match=r"expected shape=\(None, 224, 224, 3\)"):
        keras.applications.MobileNetV2(weights=None)(torch.rand(1, 3, 224, 224))
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 224 channels"):
        get_model("mobilenet_v2", weights=None)(torch.rand(1, 224, 224, 3))


def test_keras_counts_running_statistics_as_weights(keras: Any) -> None:
    ours, theirs = get_model("mobilenet_v2", weights=None), keras.applications.MobileNetV2(weights=None)
    parameters = sum(parameter.numel() for parameter in ours.parameters())
    statistics = sum(b.numel() for name, b in ours.named_buffers() if "num_batches" not in name)
    assert sum(weight.value.numel() for weight in theirs.trainable_weights) == parameters
    assert theirs.count_params() - parameters == statistics


def test_outputs_without_the_top(keras: Any) -> None:
    build = keras.applications.MobileNetV2
    assert build(weights=None, input_shape=(224, 224, 3), include_top=False).output_shape == (
        None,
        7,
        7,
        1280,
    )
    assert build(weights=None, **SMALL).output_shape == (None, 1280)
    assert get_model("mobilenet_v2").classifier[1].in_features == 1280


def test_trainable_is_a_switch_and_requires_grad_of_a_module_is_not(keras: Any) -> None:
    base = keras.applications.MobileNetV2(weights=None, **SMALL)
    assert len(base.trainable_weights) > 0 and len(base.non_trainable_weights) > 0
    base.trainable = False
    assert base.trainable_weights == [] and all(not layer.trainable for layer in base.layers)
    model = get_model("mobilenet_v2")
    model.requires_grad = False
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_momentum_has_opposite_meanings(keras: Any) -> None:
    images = torch.full((4, 2, 2, 1), 8.0)
    layer = keras.layers.BatchNormalization(momentum=0.9)
    layer(images, training=True)
    assert layer.moving_mean.value.item() == pytest.approx(0.8, abs=1e-5)
    ours = nn.BatchNorm2d(1, momentum=0.1)
    ours(images.permute(0, 3, 1, 2))
    assert ours.running_mean.item() == pytest.approx(0.8, abs=1e-5)
    assert keras.applications.MobileNetV2(weights=None, **SMALL).get_layer("bn_Conv1").momentum == 0.999

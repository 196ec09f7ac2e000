"""The graded questions of lesson 11, tried in both libraries; skipped where Keras is missing."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import assert_prints, assert_tried, graded, quoted, right_text, run, trap_values, views
from torch import nn

# Keras' own way of turning tensors into arrays, and remarks of Keras that tests bring about on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Weights for input shape .* will be loaded:UserWarning"),
    pytest.mark.filterwarnings("ignore:The model does not have any trainable weights:UserWarning"),
]
QUESTIONS = graded("11_same_ideas_in_keras")


@pytest.fixture(scope="module")
def keras() -> Any:
    """Return the module keras on the torch backend, or skip."""
    os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


def weights_of(model: Any) -> list[torch.Tensor]:
    """Return copies of all weights of a Keras model."""
    return [weight.value.detach().clone() for weight in model.weights]


@pytest.fixture
def download(keras: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """Let Keras load random weights of MobileNetV2 without top; return them, and the names it asks for."""
    network = keras.applications.MobileNetV2(weights=None, include_top=False)
    stored = tmp_path / "stored.weights.h5"
    network.save_weights(stored)
    made = SimpleNamespace(names=[], weights=weights_of(network))

    def get_file(name: str, *_: Any, **__: Any) -> str:
        made.names.append(name)
        return str(stored)

    module = sys.modules[keras.applications.MobileNetV2.__module__]
    monkeypatch.setattr(module, "file_utils", SimpleNamespace(get_file=get_file))
    return made


def same(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_output_shape(keras: Any) -> None:
    question = QUESTIONS["output-shape"]
    for seen in views(question):
        assert_prints(seen)
    code = question.code or ""
    options = [quoted(option.text) for option in question.options]
    no_top = code.replace("weights=None", "weights=None, include_top=False")
    assert run(no_top)[0] == options[2]
    assert run(no_top.replace("=False", '=False, pooling="avg"'))[0] == options[3]
    # The top gives probabilities, also with random weights.
    _, known = run(code)
    row = known["model"](known["image"][np.newaxis])[0]
    assert row.min() > 0 and row.sum().item() == pytest.approx(1, abs=1e-4)


def test_layout(keras: Any) -> None:
    batch = torch.rand(8, 3, 224, 224)
    turned = torch.stack([batch[:, channel] for channel in range(3)], dim=3)
    lines = [option.text.strip("`") for option in QUESTIONS["layout"].options]
    results = [eval(line, {"batch": batch}) for line in lines]
    assert [result.shape == turned.shape for result in results] == [True, True, False, True]
    told = [result.shape == turned.shape and torch.equal(result, turned) for result in results]
    assert told == [option.correct for option in QUESTIONS["layout"].options]
    assert tuple(results[2].shape) == (8, 224, 3, 224)
    assert torch.equal(eval(lines[2], {"batch": turned}), batch)  # the way back
    for row, column in ((0, 5), (100, 223)):  # on its side: rows are columns
        assert torch.equal(results[3][:, row, column], turned[:, column, row])
    assert keras.backend.image_data_format() == "channels_last"


def small(keras: Any) -> Any:
    """Return a small base with BatchNorm."""
    inner = keras.Sequential([keras.layers.Dense(6), keras.layers.BatchNormalization()])
    return keras.Sequential([keras.Input((8,)), inner])


def test_freeze_call(keras: Any) -> None:
    question = QUESTIONS["freeze-call"]
    images = np.ones((4, 8), dtype="float32")
    frozen = []
    for option in question.options:
        base = small(keras)
        line = option.text.strip("`")
        if "compile" in line:
            with pytest.raises(TypeError, match="trainable"):
                run(line, base=base, images=images)
        else:
            run(line, base=base, images=images)
        frozen.append(not base.trainable_weights)
        if option.correct:  # every layer inside as well
            assert not any(layer.trainable for layer in base.layers[0].layers)
    assert frozen == [option.correct for option in question.options]
    # PyTorch's modules have no such switch either.
    layer = nn.Linear(2, 2)
    layer.requires_grad = False
    assert all(parameter.requires_grad for parameter in layer.parameters())
    assert not any(parameter.requires_grad for parameter in layer.requires_grad_(False).parameters())


def test_include_top(keras: Any, download: SimpleNamespace) -> None:
    base = keras.applications.MobileNetV2(include_top=False, pooling="avg")
    answers = base(torch.rand(2, 64, 64, 3), training=False)
    by_ten = keras.layers.Dense(10)(base.output)
    facts = [
        tuple(answers.shape) == (2, 1280),
        tuple(by_ten.shape) == (None, 10) and not any(isinstance(x, keras.layers.Dense) for x in base.layers),
        same(weights_of(base), download.weights) and "no_top" in download.names[0],
        answers.shape[1] == 10,
        not base.trainable_weights,
    ]
    assert facts == [option.correct for option in QUESTIONS["include-top"].options]


def test_logits(keras: Any) -> None:
    chance = np.random.default_rng(0)
    labels = np.arange(160) % 10
    kinds = chance.gamma(0.5, 0.8, size=(10, 1280))
    features = np.clip(kinds[labels] + chance.normal(0, 0.7, (160, 1280)), 0, 6).astype("float32")
    code = (QUESTIONS["logits"].code or "").replace("epochs=20", "epochs=20, verbose=0")
    told = '"sparse_categorical_crossentropy"'
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    names = {"keras": keras, "features": features, "labels": labels, "loss": loss}

    def losses(code: str, seed: int = 0) -> list[float]:
        keras.utils.set_random_seed(seed)
        _, known = run(code.replace("head.fit", "seen = head.fit"), **names)
        return known["seen"].history["loss"]

    runs = np.array([losses(code, seed) for seed in range(3)])
    assert runs.min() > 2 * math.log(10)  # ln 10 is what blind guessing costs
    assert runs[:, -1].mean() > runs[:, 0].mean()
    assert "`from_logits=True` is missing" in right_text(QUESTIONS["logits"])
    # Both remedies, then what does not help: a lower rate, one-hot labels, a switch, another input.
    for mended in (code.replace(told, "loss"), code.replace("Dense(10)", 'Dense(10, activation="softmax")')):
        assert mended != code and losses(mended)[-1] < 0.1
    assert min(losses(code.replace('"adam"', "keras.optimizers.Adam(1e-4)"))) > 2 * math.log(10)
    with pytest.raises(ValueError, match="shape"):
        losses(code.replace("fit(features, labels", "fit(features, keras.utils.to_categorical(labels)"))
    thaw = "head.trainable = True\nhead.compile"
    assert min(losses(code.replace("head.compile", thaw))) > 2 * math.log(10)
    with pytest.raises(ValueError, match="shape"):
        losses(code.replace("(1280,)", "(10,)"))
    # The steps: the loss divides by the sum and takes a logarithm.
    logits = np.array([[1.0, 3.0, 4.0]], dtype="float32")
    wrong = keras.losses.SparseCategoricalCrossentropy()(np.array([1]), logits)
    assert wrong.item() == pytest.approx(-math.log(3 / 8), abs=1e-5)


def test_a_frozen_head_keeps_its_loss(keras: Any) -> None:
    features, labels = np.ones((20, 4), dtype="float32"), np.arange(20) % 3
    head = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    assert all(layer.trainable for layer in head.layers)
    head.trainable = False
    head.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    before = head.evaluate(features, labels, verbose=0)
    head.fit(features, labels, epochs=2, verbose=0)
    assert head.evaluate(features, labels, verbose=0) == before


def test_parameter_counts(keras: Any) -> None:
    for seen in views(QUESTIONS["parameter-counts"]):
        channels = seen.values["channels"]
        conv = keras.layers.Conv2D(channels, 3, use_bias=False)
        norm = keras.layers.BatchNormalization()
        in_keras = keras.Sequential([keras.Input((8, 8, 3)), conv, norm]).count_params()
        modules = nn.Conv2d(3, channels, 3, bias=False), nn.BatchNorm2d(channels)
        in_torch = [sum(p.numel() for p in module.parameters()) for module in modules]
        assert in_keras - sum(in_torch) == float(seen.answer)
        # All of BatchNorm; one of its vectors; the convolution, which both libraries count.
        wrong = [norm.count_params(), modules[1].running_mean.numel(), conv.count_params(), 0]
        assert trap_values(seen) == wrong
        assert conv.count_params() == in_torch[0]


def moved(keras: Any, momentum: float, old: float, new: float, **call: Any) -> float:
    """Return the running mean of a Keras BatchNorm layer, once `old`, after a batch with the mean `new`."""
    layer = keras.layers.BatchNormalization(momentum=momentum)
    layer.build((None, 1))
    layer.moving_mean.assign([old])
    layer(np.array([[new - 1], [new + 1]], dtype="float32"), **(call or {"training": True}))
    return float(layer.moving_mean.value.detach())


def moved_in_torch(momentum: float, old: float, new: float) -> float:
    """Return the same for a BatchNorm layer of PyTorch."""
    layer = nn.BatchNorm1d(1, momentum=momentum).train()
    nn.init.constant_(layer.running_mean, old)
    layer(torch.tensor([[new - 1], [new + 1]], dtype=torch.float32))
    return layer.running_mean.item()


def test_running_mean(keras: Any) -> None:
    for seen in views(QUESTIONS["running-mean"]):
        old, new, momentum = (seen.values[name] for name in ("old", "new", "momentum"))
        assert moved(keras, momentum, old, new) == pytest.approx(float(seen.answer), abs=1e-4)
        wrong = [
            moved_in_torch(momentum, old, new),
            moved(keras, momentum, old, new, training=False),
            moved(keras, 0.0, old, new),
            moved(keras, 0.5, old, new),
        ]
        assert trap_values(seen) == pytest.approx(wrong, abs=1e-4)


def test_recipe_order(keras: Any, download: SimpleNamespace) -> None:
    question = QUESTIONS["recipe-order"]
    lines = [item.text.strip("`") for item in question.items]
    images, labels = np.random.default_rng(0).random((4, 32, 32, 3), dtype="float32"), np.arange(4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    names = {"images": images, "labels": labels, "loss": loss}

    def trained(order: list[int], keras: Any) -> tuple[bool, bool]:
        """Run the lines in this order; return whether the base has changed, and whether the head has."""
        start: dict[str, Any] = {}
        code = [lines[i].replace("epochs=5", "epochs=1, verbose=0") for i in order]
        code.insert(order.index(5), "note(base, model)")

        def note(base: Any, model: Any) -> None:
            start.update(base=weights_of(base), head=weights_of(model.layers[-1]))

        _, known = run("\n".join(code), keras=keras, note=note, **names)
        base, model = known["base"], known["model"]
        head = model.layers[-1]
        return not same(weights_of(base), start["base"]), not same(weights_of(head), start["head"])

    assert trained([0, 1, 2, 3, 4, 5], keras) == (False, True)
    assert download.names
    # The other orders, with a smaller base. A line that moves before one that it needs fails.
    cheap = SimpleNamespace(layers=keras.layers, Model=keras.Model)

    def tiny(**_: Any) -> Any:
        x = keras.Input((32, 32, 3))
        y = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(x))
        return keras.Model(x, keras.layers.GlobalAveragePooling2D()(y))

    cheap.applications = SimpleNamespace(MobileNetV2=tiny)
    for first, second in ((0, 1), (0, 2), (2, 3), (3, 4), (4, 5)):
        order = [0, 1, 2, 3, 4, 5]
        order[first], order[second] = second, first
        with pytest.raises((NameError, ValueError)):
            trained(order, cheap)
    # Freezing would work in several places, which is why the stem asks for the earliest.
    assert "as early as possible" in " ".join(question.stem.split())
    for place in (1, 2, 3):
        order = [0, 2, 3, 4, 5]
        order.insert(place, 1)
        assert trained(order, cheap) == (False, True), order
    assert trained([0, 2, 3, 4, 5, 1], cheap) == (True, True)


def test_frozen_batchnorm(keras: Any) -> None:
    images = np.random.default_rng(0).normal(3, 2, size=(16, 8)).astype("float32")

    def moves_in_torch(lines: str) -> bool:
        model = nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6))
        before = model[1].running_mean.clone()
        run(lines, torch=torch, model=model, images=torch.from_numpy(images))
        return not torch.equal(before, model[1].running_mean)

    def moves_in_keras(lines: str) -> bool:
        base = small(keras)
        mean = base.layers[0].layers[1].moving_mean.value
        before = mean.detach().clone()
        run(lines, base=base, images=images)
        return not torch.equal(before, mean.detach())

    options = QUESTIONS["frozen-batchnorm"].options
    for i, option in enumerate(options):
        library, _, text = option.text.partition(": ")
        lines = quoted(text)
        if i == 1:  # "the same inside ..."
            inside = "\nwith torch.inference_mode():\n    model(images)"
            assert lines == "torch.inference_mode()"
            lines = "model.requires_grad_(False)\nmodel.train()" + inside
        elif library == "PyTorch" and "requires_grad_" not in lines:
            lines = "model.requires_grad_(False)\n" + lines  # the stem's network is frozen
        moves = moves_in_torch(lines) if library == "PyTorch" else moves_in_keras(lines)
        assert moves == option.correct, option.text


def test_ported_momentum(keras: Any) -> None:
    assert nn.BatchNorm1d(1).momentum == 0.1 and keras.layers.BatchNormalization().momentum == 0.99
    assert moved_in_torch(0.01, 0, 1) == pytest.approx(moved(keras, 0.99, 0, 1))
    for seen in views(QUESTIONS["ported-momentum"]):
        momentum = seen.values["momentum"]
        target = moved_in_torch(momentum, 2, 10)
        assert moved(keras, float(seen.answer), 2, 10) == pytest.approx(target, abs=1e-4)
        same_number, weight, default = trap_values(seen)
        assert [same_number, default] == [momentum, keras.layers.BatchNormalization().momentum]
        assert moved(keras, same_number, 2, 10) != pytest.approx(target, abs=0.1)
        assert moved(keras, default, 2, 10) != pytest.approx(target, abs=0.1)
        # The factor of the old value is above one: the statistics move away from both values.
        assert weight * momentum == pytest.approx(1)
        assert moved(keras, weight, 2, 10) < 2

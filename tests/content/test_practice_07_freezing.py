"""The practice questions of lesson 07, tried: numbers counted or measured, code run, bugs made and mended."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from question_bench import (
    assert_pool,
    assert_prints,
    assert_tried,
    practice,
    quoted,
    right_text,
    run,
    snippet,
    views,
)
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model

QUESTIONS = practice("07_freezing")


def batch(n: int = 4, size: int = 32) -> tuple[Tensor, Tensor]:
    """Return random images and labels of ten classes."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(n, 3, size, size, generator=generator)
    return images, torch.arange(n) % 10


def train(model: nn.Module, optimizer: torch.optim.Optimizer, epochs: int) -> None:
    """The loop that the questions name, on one batch; a single epoch shows what moves."""
    images, labels = batch()
    optimizer.zero_grad()
    cross_entropy(model.eval()(images), labels).backward()
    optimizer.step()


def random_model(name: str, weights: str | None = None) -> nn.Module:
    """Stand in for `get_model`: the same network, nothing downloaded."""
    return get_model(name, weights=None)


def test_the_pool_is_large_and_every_claim_is_tried() -> None:
    assert_pool(QUESTIONS)
    assert_tried(QUESTIONS, globals())


def test_bn_elements() -> None:
    for seen in views(QUESTIONS["bn-elements"]):
        layer = nn.BatchNorm2d(seen.values["channels"])
        assert len(layer.state_dict()) == 5
        assert seen.answer == sum(p.numel() for p in layer.parameters())


def test_new_head_frozen_with_the_rest() -> None:
    model = random_model("resnet18")
    model.fc = nn.Linear(512, 10)
    model.requires_grad_(False)
    images, labels = batch()
    with pytest.raises(RuntimeError, match="does not require grad"):
        cross_entropy(model.eval()(images), labels).backward()


def test_names_left() -> None:
    for seen in views(QUESTIONS["names-left"]):
        assert_prints(seen)


def test_name_test() -> None:
    question = QUESTIONS["name-test"]
    printed, known = snippet(question, get_model=random_model)
    assert printed == "66"
    names = [name for name, _ in known["model"].named_parameters()]
    assert quoted(question.options[0].why).splitlines()[2] in names
    assert [name for name in names if name.startswith("fc.")] == ["fc.weight", "fc.bias"]
    assert isinstance(known["model"].fc, nn.Linear)


def test_batches_tracked() -> None:
    for seen in views(QUESTIONS["batches-tracked"])[:4]:
        epochs, n, size, looks = (seen.values[name] for name in ("epochs", "n", "batch", "looks"))
        layer = nn.BatchNorm2d(1).requires_grad_(False)
        for _ in range(epochs):
            layer.train()
            for images in torch.randn(n, 1, 2, 2).split(size):
                layer(images)
            layer.eval()
            for _ in range(looks):
                layer(torch.randn(size, 1, 2, 2))
        assert layer.num_batches_tracked == seen.answer


def test_conv_elements() -> None:
    for seen in views(QUESTIONS["conv-elements"]):
        assert_prints(seen)


def test_unfrozen_later() -> None:
    model = random_model("resnet18")
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    _, known = snippet(QUESTIONS["unfrozen-later"], torch=torch, nn=nn, model=model, train=train)
    now = model.state_dict()
    in_block = [name for name in start if name.startswith("layer4.")]
    assert all(torch.equal(start[name], now[name]) for name in in_block)
    assert model.layer4[0].conv1.weight.grad is not None
    held = [tensor for group in known["optimizer"].param_groups for tensor in group["params"]]
    assert [id(tensor) for tensor in held] == [id(tensor) for tensor in model.fc.parameters()]
    anew = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    train(model, anew, epochs=1)
    assert not torch.equal(start["layer4.0.conv1.weight"], model.state_dict()["layer4.0.conv1.weight"])


def test_used_up() -> None:
    question = QUESTIONS["used-up"]
    model = random_model("resnet18").requires_grad_(False)
    model.fc = nn.Linear(512, 10)
    said, error = quoted(question.stem).splitlines()
    lines = (question.code or "").splitlines()
    printed, known = run("\n".join(lines[:2]), model=model)
    assert printed == said
    with pytest.raises(ValueError, match=error.partition(": ")[2]):
        run(lines[2], torch=torch, trainable=known["trainable"])
    as_list = lines[0].replace("= (", "= [").replace("requires_grad)", "requires_grad]")
    run("\n".join([as_list, *lines[1:]]), torch=torch, model=model)


def test_cache_factor() -> None:
    for seen in views(QUESTIONS["cache-factor"]):
        values = seen.values
        whole = cached = 0.0
        for epoch in range(values["epochs"]):
            whole += values["backbone"] + values["head"]
            cached += values["head"] + (values["backbone"] if epoch == 0 else 0)
        assert abs(whole / cached - float(seen.answer)) <= 0.05


def test_inference_features() -> None:
    question = QUESTIONS["inference-features"]
    images, labels = batch()

    def names() -> dict[str, Any]:
        model = random_model("resnet18").requires_grad_(False)
        return {"torch": torch, "nn": nn, "model": model, "images": images, "labels": labels}

    code = question.code or ""
    with pytest.raises(RuntimeError, match=quoted(question.stem).splitlines()[1].partition(": ")[2]):
        run(code, **names())
    run(code.replace("inference_mode", "no_grad"), **names())
    assert "`torch.no_grad()`" in right_text(question)
    wrong = {
        "flag": code.replace("head = ", "features.requires_grad_(True)\nhead = "),
        "mode": code.replace("model.eval()", "model.train()"),
        "block": code.replace("\nloss", "\n    loss").replace("\nhead", "\n    head"),
    }
    for changed in wrong.values():
        with pytest.raises(RuntimeError):
            run(changed, **names())


def test_left_gradients() -> None:
    for seen in views(QUESTIONS["left-gradients"]):
        assert_prints(seen)


def test_small_remainder_is_normalised_by_its_own_statistics() -> None:
    assert 66 % 16 == 2 and 66 % 22 == 0
    layer = nn.BatchNorm2d(3).requires_grad_(False)
    images, _ = batch(66, size=4)
    whole = layer.train()(images)[:2]
    alone = layer.train()(images[:2])
    assert not torch.allclose(whole, alone, atol=1e-2)
    layer.eval()
    assert torch.allclose(layer(images)[:2], layer(images[:2]), atol=1e-6)

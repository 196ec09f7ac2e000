"""The practice questions of lesson 09, tried: numbers simulated, code run, bugs made and mended."""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import assert_pool, assert_prints, assert_tried, practice, run, snippet, views
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model
from torchvision.transforms import v2

import headstart.models
from headstart.data import Digits
from headstart.training import extract_features

QUESTIONS = practice("09_overfitting")


def test_the_pool_is_large_and_every_claim_is_tried() -> None:
    assert_pool(QUESTIONS)
    assert_tried(QUESTIONS, globals())


@pytest.fixture(scope="module")
def rows() -> Tensor:
    """Loss and accuracy on wrong training labels, then on validation images: (seed, epoch, 4), as in the lesson."""
    backbone = get_model("glyphnet", weights="DEFAULT")
    runs = []
    for seed in range(3):
        train, val = Digits("train", size=200, seed=seed), Digits("val", seed=seed)
        (x, y), (val_x, val_y) = train.tensors(), val.tensors()
        x, val_x = extract_features(backbone, x), extract_features(backbone, val_x)
        chance = torch.Generator().manual_seed(seed)
        wrong = torch.randperm(200, generator=chance)[:40]
        y[wrong] = (y[wrong] + torch.randint(1, 10, (40,), generator=chance)) % 10
        torch.manual_seed(seed)
        head = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
        optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
        history = []
        for _ in range(100):
            for batch in torch.randperm(200).split(50):
                optimizer.zero_grad()
                cross_entropy(head(x[batch]), y[batch]).backward()
                optimizer.step()
            with torch.no_grad():
                pairs = [(head(images), labels) for images, labels in ((x, y), (val_x, val_y))]
            losses = [
                [cross_entropy(s, t).item(), (s.argmax(1) == t).double().mean().item()] for s, t in pairs
            ]
            history.append([*losses[0], *losses[1]])
        runs.append(history)
    return torch.tensor(runs)


def test_in_time(rows: Tensor) -> None:
    for train_loss, train_accuracy, val_loss, val_accuracy in rows.permute(0, 2, 1):
        lowest = int(val_loss.argmin())
        complete = int((train_accuracy == 1).nonzero()[0])
        assert (train_loss[:3].diff() < 0).all() and (val_loss[:3].diff() < 0).all()
        assert val_loss[0] > 2 * val_loss[lowest]
        assert 3 < lowest < complete - 10
        between = slice(lowest + 5, complete)
        assert val_accuracy[complete] < val_accuracy[lowest] - 0.02
        assert train_accuracy[between][-1] > train_accuracy[lowest] + 0.05


def test_falling_forever() -> None:
    question = QUESTIONS["falling-forever"]
    falling, rising = [1 / (k + 1) for k in range(200)], [0.5 + 0.01 * k for k in range(200)]

    def last_epoch(code: str) -> int:
        trained, seen = iter(falling), iter(rising)
        names: dict[str, Any] = {"model": None, "train_images": None, "train_labels": None}
        names |= {"train_one_epoch": lambda *_: next(trained), "validation_loss": lambda _: next(seen)}
        return run(code, **names)[1]["epoch"]

    code = question.code or ""
    assert last_epoch(code) == 199
    line = "    loss = train_one_epoch(model, train_images, train_labels)\n"
    measured = code.replace(line, f"{line}    loss = validation_loss(model)\n")
    assert last_epoch(measured) == 10
    from_zero = measured.replace('float("inf")', "0")
    assert last_epoch(from_zero) == 9


def test_dropout_off() -> None:
    for seen in views(QUESTIONS["dropout-off"]):
        assert_prints(seen)
    in_train_mode = nn.Dropout(0.5)(torch.ones(1000))
    assert set(in_train_mode.tolist()) == {0.0, 2.0}


def test_suspects_found() -> None:
    for seen in views(QUESTIONS["suspects-found"]):
        n, percent, looked, hits = (seen.values[name] for name in ("n", "percent", "looked", "hits"))
        wrong = set(range(round(n * percent / 100)))
        seen_images = {*range(hits), *range(len(wrong), len(wrong) + looked - hits)}
        assert len(seen_images) == looked and hits < len(wrong)
        assert float(seen.answer) == pytest.approx(len(wrong & seen_images) / len(wrong), abs=0.001)


def test_two_epochs() -> None:
    for seen in views(QUESTIONS["two-epochs"]):
        assert_prints(seen)


def test_decayed() -> None:
    for seen in views(QUESTIONS["decayed"]):
        weight = nn.Parameter(torch.ones(1))
        optimizer = torch.optim.AdamW([weight], lr=seen.values["lr"], weight_decay=seen.values["decay"])
        for _ in range(seen.values["steps"]):
            weight.grad = torch.zeros(1)
            optimizer.step()
        assert weight.item() == pytest.approx(float(seen.answer), abs=0.001)


def test_jumping_validation() -> None:
    question = QUESTIONS["jumping-validation"]
    preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
    names = {"v2": v2, "Digits": Digits, "preset": preset}
    torch.manual_seed(0)
    _, known = snippet(question, **names)

    def twice(val: Digits) -> bool:
        return torch.equal(val[0][0], val[0][0])

    assert not twice(known["val"])
    last = (question.code or "").splitlines()[-1]
    _, mended = run(last.replace("change", "preset"), **names)
    assert twice(mended["val"])
    _, turned = run((question.code or "").replace("v2.RandomAffine(degrees=20), preset", "preset"), **names)
    assert twice(turned["val"])
    order = "preset, v2.RandomAffine(degrees=20)"
    _, swapped = run((question.code or "").replace("v2.RandomAffine(degrees=20), preset", order), **names)
    assert not twice(swapped["val"])


def test_lost_buffers() -> None:
    def restored_loss_differs(line: str, restore: str) -> bool:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).train()
        model(torch.randn(32, 4))
        val = torch.randn(8, 4)
        before = model.eval()(val)
        _, known = run(line, model=model, copy=copy)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            model.train()(torch.randn(32, 4) + 1).square().mean().backward()
            optimizer.step()
        run(restore, model=model, kept=known["kept"])
        return not torch.allclose(before, model.eval()(val), atol=1e-5)

    lines = (QUESTIONS["lost-buffers"].code or "").splitlines()
    assert restored_loss_differs(lines[2].strip(), lines[4])
    assert not restored_loss_differs("kept = copy.deepcopy(model.state_dict())", lines[4])


def test_wrong_sign() -> None:
    question = QUESTIONS["wrong-sign"]
    losses = [0.9, 0.7, 0.5, *(0.5 + 0.005 * k for k in range(1, 100))]

    def read(code: str) -> int:
        _, known = run(code, validation_losses=(source := iter(losses)))
        assert known["best"] < 1.1
        return len(losses) - len(list(source))

    code = question.code or ""
    assert read(code) == len(losses)
    assert read(code.replace("best + min_delta", "best - min_delta")) == 8
    assert read(code.replace("patience = 0.01, 5", "patience = 0.01, 50")) == len(losses)
    smaller = code.replace("0.01, 5", "0.004, 5")
    assert read(smaller) == 8
    slower = [0.5 + 0.003 * k for k in range(100)]
    _, known = run(smaller, validation_losses=slower)
    assert known["waited"] == 0


def test_luck() -> None:
    chance = np.random.default_rng(0)
    for seen in views(QUESTIONS["luck"]):
        measured = chance.binomial(seen.values["n"], seen.values["p"], size=40_000) / seen.values["n"]
        assert 100 * measured.std() == pytest.approx(float(seen.answer), rel=0.02)


def test_overconfidence_passes_a_bar_that_doubt_does_not() -> None:
    # `who-cares`: the same answers with larger logits have another loss, and others are above 0.9.
    generator = random.Random(0)
    logits = torch.tensor([[generator.gauss(0, 1) for _ in range(10)] for _ in range(200)])
    labels = logits.argmax(1)
    labels[:12] = (labels[:12] + 1) % 10
    sure = 20 * logits
    assert torch.equal(logits.argmax(1), sure.argmax(1))
    wrong = logits.argmax(1) != labels
    assert (sure.softmax(1).max(1).values[wrong] > 0.9).sum() > (
        logits.softmax(1).max(1).values[wrong] > 0.9
    ).sum()
    assert cross_entropy(sure[wrong], labels[wrong]) > 3 * cross_entropy(logits[wrong], labels[wrong])

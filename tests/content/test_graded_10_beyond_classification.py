"""The graded questions of lesson 10, tried: pixels counted, curves measured, the bug made and mended."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch
from question_bench import assert_prints, assert_tried, graded, right_text, run, trap_values, views
from sklearn import metrics
from torch import Tensor, nn
from torchvision.models import get_model
from torchvision.ops import box_iou

import headstart.models  # noqa: F401  (registers glyphnet)
from headstart.data import Digits
from headstart.scenes import slant
from headstart.training import extract_features

QUESTIONS = graded("10_beyond_classification")


def box(*corners: float) -> Tensor:
    """Return one box as a batch."""
    return torch.tensor([corners], dtype=torch.float32)


def matches(boxes: Tensor, truth: Tensor, bar: float = 0.5) -> list[bool]:
    """Go down the list; say of each box whether it finds a free true box."""
    free, right = set(range(len(truth))), []
    for overlaps in box_iou(boxes, truth):
        best = max(free, key=lambda column: float(overlaps[column]), default=None)
        right.append(best is not None and overlaps[best].item() >= bar)
        free -= {best} if right[-1] else set()
    return right


def average_precision(right: list[bool], n_truth: int) -> float:
    """Measure the area under the curve at many recalls: at each the best precision there or further on."""
    hits = np.cumsum(right)
    recall, precision = hits / n_truth, hits / np.arange(1, len(right) + 1)
    grid = (np.arange(12_000) + 0.5) / 12_000
    return float(np.mean([precision[recall >= r].max(initial=0) for r in grid]))


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_r2_zero() -> None:
    y_true = np.random.default_rng(0).normal(300, 80, 50)
    mean = np.full(50, y_true.mean())
    # An R² of 0 with half of the predictions exactly right, and the others as far off as that takes.
    half = y_true + np.sqrt(2 * y_true.var()) * (np.arange(50) % 2)
    assert metrics.r2_score(y_true, half) == pytest.approx(0)
    assert metrics.r2_score(y_true, y_true) == 1
    facts = [
        metrics.r2_score(y_true, mean) == pytest.approx(0),
        not (half == y_true).any(),
        metrics.r2_score(y_true, y_true) == 0,
        metrics.r2_score(y_true, mean + 500) >= 0,
    ]
    assert facts == [option.correct for option in QUESTIONS["r2-zero"].options]


def test_mae_by_hand() -> None:
    for seen in views(QUESTIONS["mae-by-hand"]):
        rows = re.findall(r"\| (\d+) \| (\d+) \|", seen.stem)
        y_true, y_pred = np.array(rows, dtype=float).T
        assert metrics.mean_absolute_error(y_true, y_pred) == pytest.approx(float(seen.answer))
        mse = metrics.mean_squared_error(y_true, y_pred)
        sums = [(y_pred - y_true).mean(), np.sqrt(mse), mse, np.abs(y_true - y_pred).sum()]
        assert trap_values(seen) == pytest.approx(sums)


def test_iou_prints() -> None:
    for seen in views(QUESTIONS["iou-prints"]):
        assert_prints(seen)
        w, h, dx, dy = (seen.values[name] for name in ("w", "h", "dx", "dy"))
        a, b = np.zeros((2, h + dy, w + dx), dtype=bool)
        a[:h, :w] = True
        b[dy:, dx:] = True
        shared, union = (a & b).sum(), (a | b).sum()
        assert shared / union == pytest.approx(float(seen.answer))
        wrong = [shared / (a.sum() + b.sum()), shared / a.sum(), shared / a.size, shared]
        assert trap_values(seen) == pytest.approx(wrong)
        assert (~(a | b)[[0, 0, -1, -1], [0, -1, 0, -1]]).sum() == 2


def test_blank_mask() -> None:
    truth = np.arange(2000) < 30  # 1.5 % of the pixels
    masks = [truth & (np.arange(2000) < found) for found in (0, 15, 30)]
    for mask in masks:
        mask[100 : 100 + mask.sum()] = True  # as many false pixels as found ones
        assert metrics.accuracy_score(truth, mask) == pytest.approx(0.985)
    # The same pixel accuracy, whatever is found, and never a large overlap.
    recalls = [metrics.recall_score(truth, mask) for mask in masks]
    assert recalls == [0, 0.5, 1]
    facts = [
        not masks[0].any(),
        recalls == pytest.approx([0.985] * 3),
        min(recalls) >= 1 - 0.015,
        max(metrics.jaccard_score(truth, mask) for mask in masks) > 0.5,
    ]
    assert facts == [option.correct for option in QUESTIONS["blank-mask"].options]


def test_ap_order() -> None:
    steps = ("Sort", "match each", "precision and recall", "area under", "Average")
    items = QUESTIONS["ap-order"].items
    assert all(step in item.text for step, item in zip(steps, items, strict=True))
    # Two boxes lie on one object. Who comes first finds it: without sorting, the surest box is a false alarm.
    truth, boxes = box(0, 0, 10, 10), torch.cat([box(0, 0, 10, 6), box(0, 0, 10, 10)])
    scores = torch.tensor([0.6, 0.9])
    order = scores.argsort(descending=True)
    sorted_first = matches(boxes[order], truth)
    sorted_later = torch.tensor(matches(boxes, truth))[order].tolist()
    assert average_precision(sorted_first, 1) == pytest.approx(1)
    assert average_precision(sorted_later, 1) == pytest.approx(0.5)
    # The mean is last: one area over all classes is another number than the mean of their areas.
    by_class = [average_precision([True, False], 1), average_precision([False, True], 3)]
    together = average_precision([True, False, False, True], 4)
    assert np.mean(by_class) != pytest.approx(together, abs=0.05)


def test_flat_regression() -> None:
    train = Digits("train", size=500)
    features = extract_features(get_model("glyphnet", weights="DEFAULT").eval(), train.tensors()[0])
    target = slant(train.data)
    target = (target - target.mean()) / target.std()
    assert features.shape == (500, 128) and target.shape == (500,)
    question = QUESTIONS["flat-regression"]
    assert "is a column" in right_text(question)
    code = question.code or ""

    def spread_and_loss(code: str) -> tuple[float, float]:
        torch.manual_seed(0)
        _, known = run(code, torch=torch, nn=nn, features=features.clone().requires_grad_(), target=target)
        return known["head"](known["features"]).std().item(), known["loss"].item()

    variance = target.var(correction=0).item()
    lower = code.replace("lr=1e-2", "lr=1e-3")
    active = code.replace("nn.Linear(128, 1)", "nn.Sequential(nn.Linear(128, 1), nn.Tanh())")
    thawed = code.replace("(head.parameters()", "([*head.parameters(), features]")
    mended = code.replace("head(features)", "head(features).squeeze(1)")
    assert len({code, lower, active, thawed, mended}) == 5
    for wrong in (code, lower, active, thawed):
        spread, loss = spread_and_loss(wrong)
        assert spread < 0.1 and loss == pytest.approx(variance, rel=0.02), wrong
    spread, loss = spread_and_loss(mended)
    assert spread > 0.9 and loss < 0.15 * variance


def test_same_ap50() -> None:
    # Forty objects, one on each image; every detector gives one box an image, and all scores are equal.
    truth = box(0, 0, 10, 10)
    bars = [0.5 + 0.05 * step for step in range(10)]

    def at_bars(boxes: list[Tensor]) -> tuple[float, float]:
        areas = [average_precision([matches(b, truth, bar)[0] for b in boxes], 40) for bar in bars]
        return areas[0], sum(areas) / 10

    tight, loose, off = box(0, 0, 10, 9.4), box(0, 0, 10, 6.2), box(50, 50, 60, 60)
    a, b = at_bars([tight] * 40), at_bars([loose] * 40)
    # Objects that are overlooked cost at the bar of 0.5 as well, and so does a box that never counts.
    overlooks, errs = at_bars([tight] * 20), at_bars([tight, off] * 20)
    facts = [
        a[0] == b[0] and a[1] > b[1] + 0.2,
        matches(tight, truth) == matches(loose, truth),
        bool(box_iou(tight, truth) > box_iou(loose, truth)),
        overlooks[0] > 0.6,
        errs[0] > 0.6,
    ]
    assert facts == [option.correct for option in QUESTIONS["same-ap50"].options]


def test_second_box() -> None:
    dog, boxes = box(0, 0, 10, 10), torch.cat([box(0, 0, 10, 9), box(0, 0, 10, 8)])
    overlaps = box_iou(boxes, dog).flatten().tolist()
    told = [float(number) for number in re.findall(r"IoU (\d\.\d+)", QUESTIONS["second-box"].stem)]
    assert overlaps == pytest.approx(told)
    once, twice = sum(matches(boxes, dog)), sum(overlap >= 0.5 for overlap in overlaps)
    # Each object once; twice, with recall cut to 1; twice; each object once, and recall divided by boxes.
    pairs = [(once / 2, once / 1), (twice / 2, 1), (twice / 2, twice / 1), (once / 2, once / 2)]
    options = QUESTIONS["second-box"].options
    assert [tuple(map(float, re.findall(r"[\d.]+", option.text))) for option in options] == pairs
    assert [option.correct for option in options] == [True, False, False, False]


def test_ap_by_hand() -> None:
    for seen in views(QUESTIONS["ap-by-hand"]):
        alarms, missed = seen.values["alarms"], seen.values["missed"]
        right = [True, *[False] * alarms, True, True]
        assert average_precision(right, 3 + missed) == pytest.approx(float(seen.answer), abs=0.0005)
        # scikit-learn leaves the dents in, and knows found objects only.
        with_dents = metrics.average_precision_score(right, -np.arange(len(right))) * 3 / (3 + missed)
        wrong = [with_dents, average_precision(right, 3), np.mean(right), 3 / (3 + missed)]
        assert trap_values(seen) == pytest.approx(wrong, abs=0.0005)


def test_dice_to_iou() -> None:
    for seen in views(QUESTIONS["dice-to-iou"]):
        dice = seen.values["dice"]
        # Whatever the sizes of the two masks: a Dice goes with one IoU.
        sizes = itertools.product(range(1, 51), repeat=2)
        counts = [(a, b, s) for a, b in sizes for s in range(1, min(a, b) + 1)]
        ious = [s / (a + b - s) for a, b, s in counts if abs(2 * s / (a + b) - dice) < 1e-9]
        assert len(ious) > 10 and ious == pytest.approx([float(seen.answer)] * len(ious))
        # The mask of the other report is the better one. The second trap is its Dice.
        mask, truth = np.ones(100, dtype=bool), np.arange(100) < round(100 * dice)
        assert metrics.jaccard_score(truth, mask) == pytest.approx(dice) and dice > float(seen.answer)
        assert trap_values(seen) == pytest.approx([dice, metrics.f1_score(truth, mask), dice / 2])
    for shared in range(21):
        a, b = np.arange(40) < 20, abs(np.arange(40) - 29.5 + shared) < 10
        iou, dice = metrics.jaccard_score(a, b), metrics.f1_score(a, b)
        assert iou == dice == shared / 20 if shared in (0, 20) else iou < dice

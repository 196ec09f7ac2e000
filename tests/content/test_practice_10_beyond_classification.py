"""The practice questions of lesson 10, tried: libraries compute the same numbers, bugs are made and mended."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import assert_pool, assert_prints, assert_tried, practice, run, snippet, views
from sklearn import metrics
from torch import Tensor
from torchvision.ops import box_convert, box_iou

QUESTIONS = practice("10_beyond_classification")


def box(*corners: float) -> Tensor:
    """Return one box as a batch."""
    return torch.tensor([corners], dtype=torch.float32)


def test_the_pool_is_large_and_every_claim_is_tried() -> None:
    assert_pool(QUESTIONS)
    assert_tried(QUESTIONS, globals())


def test_r2_by_hand() -> None:
    for seen in views(QUESTIONS["r2-by-hand"]):
        spread, error = seen.values["variance"] ** 0.5, seen.values["mse"] ** 0.5
        y_true = np.array([-spread, spread] * 2)
        y_pred = y_true + np.array([error, error, -error, -error])
        assert metrics.r2_score(y_true, y_pred) == pytest.approx(float(seen.answer))


def test_root_of_mean() -> None:
    for seen in views(QUESTIONS["root-of-mean"]):
        errors = [seen.values[f"e{i}"] for i in (1, 2, 3, 4)]
        expected = metrics.root_mean_squared_error([30] * 4, [30 + e for e in errors])
        assert float(seen.answer) == pytest.approx(expected)


def test_which_metric_moves_little() -> None:
    chance = np.random.default_rng(0)
    y_true = chance.integers(18, 90, 1000).astype(float)
    y_pred = y_true + chance.normal(0, 8, 1000)
    mistyped = y_true.copy()
    mistyped[:3] *= 10

    def ratio(metric: Any) -> float:
        return abs(metric(mistyped, y_pred) / metric(y_true, y_pred))

    assert ratio(metrics.median_absolute_error) < 1.02
    assert ratio(metrics.mean_absolute_error) < 1.3
    assert ratio(metrics.root_mean_squared_error) > 1.5
    assert ratio(metrics.mean_squared_error) > 3
    assert ratio(metrics.r2_score) < 0.8


def test_the_wrong_way() -> None:
    for seen in views(QUESTIONS["the-wrong-way"]):
        assert_prints(seen)
    assert metrics.r2_score([1, 2, 3], [2, 2, 2]) == 0


def test_swapped() -> None:
    chance = np.random.default_rng(0)
    y_true = chance.normal(0, 2, 200)
    names = {"y_true": y_true, "y_pred": 0.5 * y_true + chance.normal(0, 0.5, 200)}
    names |= {name: getattr(metrics, name) for name in ("mean_squared_error", "r2_score")}
    code = QUESTIONS["swapped"].code or ""
    _, swapped = run(code, **names)
    _, mended = run(code.replace("(y_pred, y_true)", "(y_true, y_pred)"), **names)
    assert swapped["mse"] == pytest.approx(mended["mse"])
    assert abs(swapped["r2"] - mended["r2"]) > 0.1
    assert mended["r2"] == pytest.approx(1 - mended["mse"] / y_true.var())


def test_box_in_box() -> None:
    for seen in views(QUESTIONS["box-in-box"]):
        side, margin = seen.values["side"], seen.values["margin"]
        overlap = box_iou(
            box(50, 50, 50 + side, 50 + side),
            box(50 - margin, 50 - margin, 50 + side + margin, 50 + side + margin),
        )
        assert overlap.item() == pytest.approx(float(seen.answer), abs=0.001)


def test_rank_overlaps() -> None:
    truth = box(0, 0, 10, 10)
    others = [box(1, 0, 11, 10), box(0, 0, 20, 10), box(5, 0, 15, 10), box(5, 5, 15, 15)]
    overlaps = [box_iou(truth, other).item() for other in others]
    assert overlaps == sorted(overlaps, reverse=True)
    told = [re.findall(r"\d\.\d+", item.why)[0] for item in QUESTIONS["rank-overlaps"].items]
    assert [float(number) for number in told] == pytest.approx(overlaps, abs=0.005)


def test_width_as_corner() -> None:
    names = {"torch": torch, "box_iou": box_iou, "box_convert": box_convert}
    question = QUESTIONS["width-as-corner"]
    printed, _ = snippet(question, **names)
    assert printed == "0.0"
    code = question.code or ""
    mended = code.replace("(truth, found)", '(truth, box_convert(found, "xywh", "xyxy"))')
    assert run(mended, **names)[0] == "1.0"


def test_one_box_many_bars() -> None:
    for seen in views(QUESTIONS["one-box-many-bars"]):
        bars = [0.5 + 0.05 * k for k in range(10)]
        areas = [
            metrics.average_precision_score([1, 0], [1, 0]) if seen.values["iou"] >= bar else 0
            for bar in bars
        ]
        assert sum(areas) / 10 == pytest.approx(float(seen.answer))


def test_nms_keeps() -> None:
    for seen in views(QUESTIONS["nms-keeps"]):
        assert_prints(seen)


def test_recall_above_one() -> None:
    question = QUESTIONS["recall-above-one"]
    true_boxes = torch.cat([box(30 * k, 0, 30 * k + 10, 10) for k in range(5)])
    boxes = torch.cat([true_boxes, true_boxes[:2] + 1.0])
    names = {"box_iou": box_iou, "boxes": boxes, "true_boxes": true_boxes}
    code = question.code or ""
    assert run(code, **names)[0] == "recall: 1.4"
    assert float(run(code.replace("0.5", "0.65"), **names)[0].split()[-1]) > 1
    assert float(run(code.replace("overlap.max()", "overlap.sum()"), **names)[0].split()[-1]) > 1
    once = code.replace("found = 0", "found, taken = 0, set()").replace(
        "overlap.max() >= 0.5:", "overlap.max() >= 0.5 and overlap.argmax().item() not in taken:"
    )
    once = once.replace("found += 1", "found, _ = found + 1, taken.add(overlap.argmax().item())")
    assert run(once, **names)[0] == "recall: 1.0"


def test_false_alarms() -> None:
    options = QUESTIONS["false-alarms"].options
    free, alarms = {"X", "Y"}, []
    parsed = [re.fullmatch(r"(\w+), score ([\d.]+), IoU ([\d.]+) with (\w)", o.text) for o in options]
    assert all(parsed)
    for found in sorted((match.groups() for match in parsed if match), key=lambda entry: -float(entry[1])):
        label, _, overlap, cat = found
        hit = label == "cat" and float(overlap) >= 0.5 and cat in free
        free -= {cat} if hit else set()
        alarms.append(not hit)
    assert not free
    assert alarms == [option.correct for option in options]


def test_counted_twice() -> None:
    question = QUESTIONS["counted-twice"]
    mask = torch.zeros(20, 20, dtype=torch.bool)
    mask[:10, :10] = True
    code = question.code or ""
    assert run(code)[1]["iou"](mask, mask) == 0.5
    mended = code.replace("mask.sum() + truth.sum()", "(mask | truth).sum()")
    iou = run(mended)[1]["iou"]
    assert iou(mask, mask) == 1
    assert iou(mask, mask.roll(2, 0).roll(2, 1)) == pytest.approx(
        box_iou(box(0, 0, 10, 10), box(2, 2, 12, 12)).item()
    )


def test_dice_counted() -> None:
    for seen in views(QUESTIONS["dice-counted"]):
        found, truth, shared = (seen.values[name] for name in ("found", "truth", "shared"))
        mask, true_mask = np.zeros(500, bool), np.zeros(500, bool)
        mask[:found] = True
        true_mask[found - shared : found - shared + truth] = True
        assert metrics.f1_score(true_mask, mask) == pytest.approx(float(seen.answer))

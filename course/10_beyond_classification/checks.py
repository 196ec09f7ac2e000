"""Hidden checks of lesson 10. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: numbers may be NumPy numbers or tensors of one
element, the dictionary of `regression_metrics` may hold further keys, and `box_iou` may return an array or
nested lists of the right shape. Values are compared with tolerances that float32 meets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograder.checks import (
    NUMBER,
    check,
    expect,
    expect_close,
    expect_raises,
    expect_tensor,
    expect_type,
    expect_unchanged,
    show,
    single_number,
)

METRICS = ("mse", "rmse", "mae", "r2")
TOLERANCE = 1e-4


def number_of(value: Any, what: str | None) -> float:
    """Return the plain number in `value`, or say what came in its place."""
    number = single_number(value)
    if number is None:
        expect_type(value, NUMBER, what)
    return float(number)


def near(got: float, want: float) -> bool:
    """Say whether two numbers agree, relative to their size."""
    return abs(got - want) <= TOLERANCE * max(1.0, abs(want))


def expect_number(got: float, want: float, message: str, known: dict[str, float]) -> None:
    """Compare a number; `known` maps explanations to the wrong numbers that they explain."""
    if near(got, want):
        return
    reason = next(
        (f" {why}" for why, value in known.items() if near(got, value) and not near(value, want)), ""
    )
    expect(False, f"{message} is {show(got)}; expected {show(want)}.{reason}")


# -------------------------------------------------------------------------------------- regression_metrics


def draw_values(
    seed: int, count: int, *, spread: float = 4.0, shift: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw true values and predictions that are off by noise and by a shift."""
    rng = np.random.default_rng(seed)
    truth = np.round(rng.normal(20, 10, count), 1)
    return truth, np.round(truth + rng.normal(shift, spread, count), 1)


def metrics_call(truth: Any, guess: Any) -> str:
    """Write a call as the student would, short enough for a message."""
    return (
        f"regression_metrics({show(np.asarray(truth).tolist(), 50)}, {show(np.asarray(guess).tolist(), 50)})"
    )


def metrics_of(value: Any) -> dict[str, float]:
    """Return what `regression_metrics` returned as plain numbers."""
    expect_type(value, dict)
    for key in METRICS:
        expect(
            key in value,
            f"the dictionary has no {key!r}; its keys are {', '.join(map(repr, value)) or 'none'}.",
        )
    return {key: number_of(value[key], f"the value of {key!r}") for key in METRICS}


def wanted_metrics(truth: np.ndarray, guess: np.ndarray) -> dict[str, float]:
    """Return the four metrics by NumPy."""
    mse = float(np.mean((guess - truth) ** 2))
    return {
        "mse": mse,
        "rmse": mse**0.5,
        "mae": float(np.mean(np.abs(guess - truth))),
        "r2": 1 - mse / float(np.var(truth)),
    }


@check("regression_metrics", points=2, title="MSE, RMSE and MAE")
def three_errors(student):
    for seed, count in ((101, 7), (102, 12), (103, 30)):
        truth, guess = draw_values(seed, count)
        got = metrics_of(student.call("regression_metrics", truth.tolist(), guess.tolist()))
        want, call, error = wanted_metrics(truth, guess), metrics_call(truth, guess), guess - truth
        known = {
            "mse": {
                "That is the sum of the squares; divide it by the number of values.": float((error**2).sum()),
                "That is already the root, the RMSE.": want["rmse"],
                "That is the square of the mean error; square first, then take the mean.": error.mean() ** 2,
            },
            "rmse": {
                "That is the MSE; its square root is missing.": want["mse"],
                "You took the root of the sum of squares, not of their mean.": float((error**2).sum() ** 0.5),
                "That is the mean of the roots of the squares, which is the MAE.": want["mae"],
            },
            "mae": {
                "Errors of both signs cancel: take the absolute value of each error first.": float(
                    error.mean()
                ),
                "That is the absolute value of the mean error; take the absolute values first.": abs(
                    error.mean()
                ),
                "That is the median of the absolute errors; MAE is their mean.": float(
                    np.median(np.abs(error))
                ),
                "That is the sum; divide it by the number of values.": float(np.abs(error).sum()),
            },
        }
        for key in ("mse", "rmse", "mae"):
            expect_number(got[key], want[key], f"`{call}`: {key}", known[key])


@check("regression_metrics", points=1, title="R² against the mean of y_true")
def r2_value(student):
    for seed, count in ((104, 8), (105, 15)):
        truth, guess = draw_values(seed, count)
        got = metrics_of(student.call("regression_metrics", truth.tolist(), guess.tolist()))["r2"]
        want, error = wanted_metrics(truth, guess), guess - truth
        known = {
            "You divided by the variance of y_pred; the truth decides.": 1 - want["mse"] / np.var(guess),
            "You divided by a variance with n - 1; the mean squared error has n.": 1
            - want["mse"] / np.var(truth, ddof=1),
            "That is the square of the correlation, which does not see that all predictions are shifted.": (
                np.corrcoef(truth, guess)[0, 1] ** 2
            ),
            "That is the variance of the predictions divided by that of the truth.": np.var(guess)
            / np.var(truth),
            "That is MSE divided by the variance; R² is 1 minus that.": want["mse"] / np.var(truth),
            "You used the variance of the errors, which forgives a shift; use the MSE.": 1
            - np.var(error) / np.var(truth),
            "You divided by the standard deviation; MSE belongs with the variance.": 1
            - want["mse"] / np.std(truth),
        }
        expect_number(got, want["r2"], f"`{metrics_call(truth, guess)}`: r2", known)


@check("regression_metrics", points=1, title="R² below 0, and R² of equal targets")
def r2_at_the_edges(student):
    for seed, shift in ((106, 40.0), (107, -60.0)):
        truth, guess = draw_values(seed, 9, shift=shift)
        got = metrics_of(student.call("regression_metrics", truth.tolist(), guess.tolist()))["r2"]
        want = wanted_metrics(truth, guess)["r2"]
        known = {
            "Worse than the mean is worse than 0: do not cut R² off.": 0.0,
            "R² has a sign: do not take its absolute value.": abs(want),
        }
        expect_number(got, want, f"`{metrics_call(truth, guess)}`: r2", known)
    for truth, guess, want in (([7.0] * 4, [7.0, 7.5, 7.0, 6.0], 0.0), ([3.0] * 3, [3.0] * 3, 1.0)):
        got = metrics_of(student.call("regression_metrics", truth, guess))["r2"]
        fine = got == want
        expect(
            fine,
            f"`{metrics_call(truth, guess)}`: r2 is {show(got)}; all of y_true are equal, so it should be {want} "
            f"({'every prediction is right' if want else 'some predictions are wrong'}).",
        )


@check("regression_metrics", points=1, title="a column of shape (n, 1) counts as n numbers")
def column_and_row(student):
    for seed, which in ((108, "y_pred"), (109, "y_true"), (110, "both")):
        truth, guess = draw_values(seed, 6)
        tensors = {"y_true": torch.tensor(truth), "y_pred": torch.tensor(guess)}
        for name in tensors:
            if which in (name, "both"):
                tensors[name] = tensors[name].unsqueeze(1)
        got = metrics_of(student.call("regression_metrics", tensors["y_true"], tensors["y_pred"]))
        want = wanted_metrics(truth, guess)
        shapes = " and ".join(f"{name} of shape {tuple(values.shape)}" for name, values in tensors.items())
        table = (guess[:, None] - truth[None, :]) ** 2
        known = {
            "Every prediction was compared with every target (broadcasting): `flatten()` both first.": float(
                table.mean()
            )
        }
        expect_number(got["mse"], want["mse"], f"{shapes}: mse", known)
        expect_number(got["r2"], want["r2"], f"{shapes}: r2", {})


@check(
    "regression_metrics", points=1, title="lists, arrays and tensors, left as they were; lengths are compared"
)
def any_values(student):
    for seed, make in (
        (111, np.array),
        (112, torch.tensor),
        (113, lambda v: torch.tensor(v, dtype=torch.float32)),
    ):
        truth, guess = draw_values(seed, 10)
        got = metrics_of(student.call("regression_metrics", make(truth), make(guess)))
        expect_unchanged(student, "Build new values; do not write into y_true or y_pred.")
        expect_number(
            got["mae"], wanted_metrics(truth, guess)["mae"], f"`{metrics_call(truth, guess)}`: mae", {}
        )
    whole = metrics_of(student.call("regression_metrics", torch.tensor([1, 2, 6]), torch.tensor([2, 2, 4])))
    expect_number(
        whole["mae"],
        1.0,
        "whole numbers, `regression_metrics(tensor([1, 2, 6]), tensor([2, 2, 4]))`: mae",
        {},
    )
    for truth, guess in (([1.0, 2.0, 3.0], [1.0, 2.0]), ([4.0, 5.0], [4.0])):
        why = f"y_true has {len(truth)} values and y_pred {len(guess)}"
        expect_raises(student, "regression_metrics", (truth, guess), why=why)
    expect_raises(student, "regression_metrics", (torch.ones(4), torch.ones(1)), why="4 values and 1")


# ------------------------------------------------------------------------------------------------- box_iou


def draw_boxes(seed: int, count: int) -> torch.Tensor:
    """Draw boxes that mostly overlap, with corners on quarters so that float32 is exact."""
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 24, (count, 2)) / 4
    sides = rng.integers(8, 32, (count, 2)) / 4
    return torch.tensor(np.concatenate([corner, corner + sides], axis=1), dtype=torch.float32)


def wanted_iou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the IoU of all pairs, one by one in plain Python."""
    rows = [[pair_iou(one, other) for other in b.tolist()] for one in a.tolist()]
    return torch.tensor(rows, dtype=torch.float64).reshape(len(a), len(b))


def pair_iou(a: list[float], b: list[float]) -> float:
    """Return the IoU of two boxes; 0 if one has no area."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    area = [max(box[2] - box[0], 0) * max(box[3] - box[1], 0) for box in (a, b)]
    shared = max(width, 0) * max(height, 0) if min(area) > 0 else 0.0
    return shared / (sum(area) - shared) if shared else 0.0


def iou_of(value: Any, n: int, m: int) -> torch.Tensor:
    """Return what `box_iou` returned as a tensor of shape (n, m)."""
    if isinstance(value, list | np.ndarray):
        try:
            array = np.asarray(value)
        except ValueError:  # lists of different lengths
            array = np.asarray(None)
        expect(
            array.dtype.kind in "iuf", f"your function returned {show(value)}; expected a tensor of numbers."
        )
        value = torch.as_tensor(array)
    expect_tensor(value)
    shape = tuple(value.shape)
    turned = " Rows belong to `a`, columns to `b`." if shape == (m, n) and n != m else ""
    pairs = " Each box of `a` meets each box of `b`." if shape in ((n,), (m,)) else ""
    expect(
        shape == (n, m), f"N = {n} and M = {m} gave the shape {shape}; expected ({n}, {m}).{turned}{pairs}"
    )
    expect(
        not value.is_complex() and value.dtype != torch.bool,
        f"the values are {value.dtype}; expected floats.",
    )
    return value.detach().double()


def expect_iou(student, a: torch.Tensor, b: torch.Tensor, known: Any = None) -> None:
    """Call `box_iou` and compare all pairs; `known(a, b)` gives explanations of likely wrong values."""
    got, want = iou_of(student.call("box_iou", a, b), len(a), len(b)), wanted_iou(a, b)
    wrong = ((got - want).abs() > TOLERANCE) | got.isnan()
    if not bool(wrong.any()):
        return
    i, j = (int(k) for k in wrong.nonzero()[0])
    value, one, other = float(got[i, j]), a[i].tolist(), b[j].tolist()
    explained = known(one, other) if known else {}
    reason = next((f" {why}" for why, guess in explained.items() if near(value, guess)), "")
    if value != value:
        reason = " That is 0 / 0: decide what it should be before you divide."
    expect(
        False, f"the IoU of {one} and {other} is {show(value)}; expected {show(float(want[i, j]))}.{reason}"
    )


def mistakes(a: list[float], b: list[float]) -> dict[str, float]:
    """Return what the classic mistakes give for two boxes that overlap."""
    shared = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    ends = [min(a[k] + a[k + 2], b[k] + b[k + 2]) - max(a[k], b[k]) for k in (0, 1)]
    as_sizes = max(ends[0], 0) * max(ends[1], 0)
    pixels = (min(a[2], b[2]) - max(a[0], b[0]) + 1) * (min(a[3], b[3]) - max(a[1], b[1]) + 1)
    wide = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return {
        "You divided by the sum of both areas; the union counts the shared part once.": shared / sum(area),
        "That is the intersection; divide it by the union.": shared,
        "That is 2 · intersection / sum of areas, which is Dice.": 2 * shared / sum(area),
        "You divided by the smaller area.": shared / min(area),
        "You divided by the area of the box of `a` alone.": shared / area[0],
        "You read the boxes as x, y, width, height; they are corners.": (
            as_sizes / (a[2] * a[3] + b[2] * b[3] - as_sizes)
        ),
        "You added 1 to each side; coordinates are edges here, not pixel numbers.": pixels
        / (sum(wide) - pixels),
        "You divided by the box around both; the union has no corners between them.": shared
        / ((max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))),
    }


@check("box_iou", points=2, title="the IoU of every pair, in N rows and M columns")
def every_pair(student):
    for seed, n, m in ((121, 3, 4), (122, 5, 2), (123, 1, 3)):
        expect_iou(student, draw_boxes(seed, n), draw_boxes(seed + 50, m), mistakes)


@check("box_iou", points=1, title="boxes that lie apart, or touch, share nothing")
def apart(student):
    first = torch.tensor([[0.0, 0, 3, 4], [10, 10, 12, 15]])
    # Apart in both directions, in one, touching at an edge and at a corner; the last one overlaps the first.
    second = torch.tensor(
        [[5.0, 7, 9, 9], [4, 1, 6, 3], [3, 0, 5, 4], [3, 4, 6, 6], [1, 1, 3, 2], [8, 6, 10, 10]]
    )

    def known(a: list[float], b: list[float]) -> dict[str, float]:
        width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        negative = width * height
        union = sum(area) - negative
        why = "A negative width or height is no overlap: clamp both sides to 0 before you multiply."
        unclamped = {why: negative / union} if union else {}
        return {**unclamped, "Boxes that only touch share no area.": 1 / (sum(area) - 1)}

    expect_iou(student, first, second, known)
    expect_iou(student, second.flip(0) + 2, first + 2, known)


@check("box_iou", points=1, title="equal boxes give 1, a box inside another the ratio of their areas")
def inside(student):
    for boxes in (
        torch.tensor([[2.0, 3, 10, 7], [4, 4, 6, 6], [2, 3, 6, 7]]),
        torch.tensor([[-5.0, -4, 5, 4], [-1, -1, 1, 1], [0, 0, 5, 4], [-5, -4, 5, 4]]),
    ):
        expect_iou(student, boxes, boxes.clone(), mistakes)


@check("box_iou", points=1, title="boxes without area give 0, never NaN")
def without_area(student):
    whole = torch.tensor([[0.0, 0, 4, 4], [1, 1, 3, 5]])
    flat = torch.tensor([[2.0, 2, 2, 2], [1, 2, 3, 2], [2, 1, 2, 3], [3, 3, 1, 1], [3, 1, 1, 3]])
    known = {"A box that ends before it starts has no area: clamp its sides too.": 0.0}

    def explain(a: list[float], b: list[float]) -> dict[str, float]:
        area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        shared = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
        union = sum(area) - shared
        return {next(iter(known)): shared / union} if union else {}

    # A full box is among both, so that 0 everywhere is wrong too.
    expect_iou(student, torch.cat([flat, whole]), torch.cat([whole[:1], flat]), explain)
    expect_iou(student, torch.cat([whole[1:], flat + 1]), torch.cat([flat + 1, whole]), explain)


@check("box_iou", points=1, title="no boxes, whole numbers, and inputs left as they were")
def any_boxes(student):
    for n, m in ((0, 3), (2, 0), (0, 0)):
        a, b = draw_boxes(131, n), draw_boxes(132, m)
        iou_of(student.call("box_iou", a, b), n, m)
    for seed in (133, 134):
        a, b = ((draw_boxes(seed + k, 3) * 4).long() for k in (0, 10))
        kept = a.clone(), b.clone()
        expect_iou(student, a, b, mistakes)
        expect_unchanged(student, "Compute new tensors; do not write into `a` or `b`.")
        expect_close(a, kept[0], what="a")
        expect_close(b, kept[1], what="b")


# --------------------------------------------------------------------------------------- average_precision


def draw_detections(seed: int, pattern: str, *, in_order: bool = True) -> tuple[list[float], list[bool]]:
    """Draw scores for a pattern of matches, "+-+" from the highest score on; shuffled if asked."""
    rng = np.random.default_rng(seed)
    scores = sorted((rng.permutation(np.arange(5, 96))[: len(pattern)] / 100).tolist(), reverse=True)
    rows = list(zip(scores, (sign == "+" for sign in pattern), strict=True))
    if not in_order:
        rows = [rows[i] for i in rng.permutation(len(rows))]
    return [score for score, _ in rows], [match for _, match in rows]


def detections_call(scores: Any, matches: Any, n_truth: int) -> str:
    """Write a call as the student would."""
    marks = [int(match) for match in np.asarray(matches).tolist()]
    return f"average_precision({show(np.asarray(scores).tolist(), 60)}, {show(marks, 40)}, {n_truth})"


def wanted_ap(scores: list[float], matches: list[bool], n_truth: int) -> float:
    """Return AP, point by point."""
    ranked = [match for _, match in sorted(zip(scores, matches, strict=True), reverse=True)]
    precisions = [sum(ranked[: k + 1]) / (k + 1) for k in range(len(ranked))]
    return sum(max(precisions[k:]) for k in range(len(ranked)) if ranked[k]) / n_truth


def expect_ap(student, scores: Any, matches: Any, n_truth: int) -> None:
    """Call `average_precision` and compare; name the mistake that explains a wrong value."""
    got = number_of(student.call("average_precision", scores, matches, n_truth), None)
    plain = [float(s) for s in np.asarray(scores).tolist()], [bool(m) for m in np.asarray(matches).tolist()]
    want = wanted_ap(*plain, n_truth)
    expect_number(got, want, f"`{detections_call(scores, matches, n_truth)}`", ap_mistakes(*plain, n_truth))


def ap_mistakes(scores: list[float], matches: list[bool], n_truth: int) -> dict[str, float]:
    """Return what the classic mistakes give."""
    if not scores:
        return {}
    ranked = [match for _, match in sorted(zip(scores, matches, strict=True), reverse=True)]
    found = sum(ranked)
    hits = np.cumsum(ranked)
    precision, recall = hits / np.arange(1, len(ranked) + 1), hits / n_truth
    filled = np.maximum.accumulate(precision[::-1])[::-1]
    as_given = wanted_ap([-k for k in range(len(matches))], matches, n_truth)
    other_way = np.maximum.accumulate(precision)
    marks = np.array(ranked, dtype=float)
    eleven = np.mean([max([0.0, *filled[recall >= r - 1e-12]]) for r in np.linspace(0, 1, 11)])
    return {
        "The dents are not filled: use the highest precision at this or any later point.": (
            float((precision * marks).sum() / n_truth)
        ),
        "You left out the objects that nobody found: divide by n_truth.": (
            float((filled * marks).sum() / max(found, 1))
        ),
        "That is the mean over the detections: divide by n_truth.": float(
            (filled * marks).sum() / len(ranked)
        ),
        "The detections are not in order: sort them by score, and take is_match along.": as_given,
        "You started at the lowest score; the highest comes first.": (
            wanted_ap([-score for score in scores], matches, n_truth)
        ),
        "That is the version with 11 points of recall; here all points count.": float(eleven),
        "That is the precision of all detections together.": found / len(ranked),
        "That is the recall of all detections together.": found / n_truth,
        "The running maximum goes the wrong way: the highest *later* precision counts.": (
            float((other_way * marks).sum() / n_truth)
        ),
        "Recall starts at 0: the first match counts too.": float((filled[1:] * np.diff(recall)).sum()),
        "That is the mean of the filled precisions over all detections.": float(filled.mean()),
        "You joined the points by slopes; each step of recall counts with one precision.": float(
            np.trapezoid(np.concatenate([[filled[0]], filled]), np.concatenate([[0.0], recall]))
            if hasattr(np, "trapezoid")
            else np.nan
        ),
    }


@check("average_precision", points=2, title="the area under the curve, its dents filled")
def filled_area(student):
    for seed, pattern in ((142, "-++-+"), (141, "+-++--+"), (143, "+--+-+++-")):
        scores, matches = draw_detections(seed, pattern)
        expect_ap(student, scores, matches, sum(matches))


@check("average_precision", points=1, title="objects that nobody found count")
def missed_objects(student):
    for seed, pattern, missed in ((144, "++-+", 3), (145, "-+-", 4), (146, "+++", 5)):
        scores, matches = draw_detections(seed, pattern)
        expect_ap(student, scores, matches, sum(matches) + missed)


@check("average_precision", points=1, title="detections in any order")
def any_order(student):
    for seed, pattern in ((147, "++--+-"), (148, "+-+--+-"), (149, "-+++-")):
        scores, matches = draw_detections(seed, pattern, in_order=False)
        expect_ap(student, scores, matches, sum(matches) + 1)


@check("average_precision", points=1, title="nothing detected, nothing right, all right, right but late")
def extremes(student):
    expect_ap(student, *draw_detections(150, "++++"), 4)
    expect_ap(student, *draw_detections(151, "++"), 4)
    expect_ap(student, *draw_detections(156, "--+"), 1)
    expect_ap(student, *draw_detections(152, "---"), 2)
    expect_ap(student, [], [], 3)


@check("average_precision", points=1, title="arrays and tensors, left as they were; n_truth of at least 1")
def any_detections(student):
    for seed, kind in ((153, "array"), (154, "tensor"), (155, "numbers")):
        scores, matches = draw_detections(seed, "+-+-+", in_order=False)
        if kind == "array":
            scores, matches = np.array(scores), np.array(matches)
        elif kind == "tensor":
            scores, matches = torch.tensor(scores), torch.tensor(matches)
        else:
            matches = [int(match) for match in matches]
        expect_ap(student, scores, matches, 4)
        expect_unchanged(student, "Sort a copy; do not write into scores or is_match.")
    for n_truth in (0, -2):
        expect_raises(student, "average_precision", ([0.9], [True], n_truth), why=f"n_truth is {n_truth}")

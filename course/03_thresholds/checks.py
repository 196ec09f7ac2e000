"""Hidden checks of lesson 03. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: a threshold may come as a Python, NumPy or
PyTorch number, or as an array or tensor that holds one. It is compared with a tolerance of 1e-5, which float32
meets. Of several cheapest thresholds any is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from autograder.checks import NUMBER, check, expect, expect_raises, expect_type, expect_unchanged
from autograder.student import Student

TOLERANCE = 1e-5
Cases = tuple[list[float], list[int]]


def draw_cases(seed: int, positives: int, negatives: int, low: float = 0.02, high: float = 0.98) -> Cases:
    """Draw cases with different scores of two decimals, in a random order; positives tend to score higher."""
    rng = np.random.default_rng(seed)
    grid = np.round(np.linspace(low, high, 49), 2)
    truths = np.array([1] * positives + [0] * negatives)
    weights = np.linspace(1, 6, len(grid))
    chosen: list[float] = []
    for truth in truths:
        weight = (weights if truth else weights[::-1]) * ~np.isin(grid, chosen)
        chosen.append(float(rng.choice(grid, p=weight / weight.sum())))
    order = rng.permutation(len(truths))
    return [chosen[i] for i in order], [int(truths[i]) for i in order]


def call_text(name: str, scores: Any, y_true: Any, *rest: str) -> str:
    """Write a call as the student would."""
    return f"{name}({', '.join([f'scores={_written(scores)}', f'y_true={_written(y_true)}', *rest])})"


def _written(values: Any) -> str:
    if isinstance(values, torch.Tensor):
        return f"tensor({[round(value, 4) for value in values.tolist()]})"
    if isinstance(values, np.ndarray):
        return f"array({[round(value, 4) for value in values.tolist()]})"
    return repr(values)


def threshold_of(value: Any) -> float:
    """Return the threshold that the student's function returned as a plain number."""
    if isinstance(value, torch.Tensor | np.ndarray) and value.shape in ((), (1,)) and number_like(value):
        value = value.item()
    expect_type(value, NUMBER)
    return float(value)


def number_like(value: torch.Tensor | np.ndarray) -> bool:
    """Whether an array or tensor holds real numbers, not truth values or text."""
    return str(value.dtype).removeprefix("torch.").startswith(("float", "int", "uint", "bfloat"))


# --------------------------------------------------------------------------------- threshold_for_recall


def recall_at(scores: Sequence[float], y_true: Sequence[int], threshold: float) -> float:
    """Return the recall with `score >= threshold`; a score a rounding error below counts as at the line."""
    found = sum(s >= threshold - TOLERANCE for s, y in zip(scores, y_true, strict=True) if y)
    return found / sum(y_true)


def right_threshold(scores: Sequence[float], y_true: Sequence[int], target: float) -> float:
    """Return the highest threshold with the recall `target`, by trying every score."""
    return max(s for s in scores if recall_at(scores, y_true, s) >= target)


def expect_recall_threshold(
    student: Student, scores: Any, y_true: Any, target: float, as_given: Any = None
) -> None:
    """Call the student's function with `as_given` (default: the lists themselves) and judge what comes back."""
    given = (scores, y_true) if as_given is None else as_given
    got = threshold_of(student.call("threshold_for_recall", *given, target))
    want = right_threshold(scores, y_true, target)
    call = call_text("threshold_for_recall", *given, f"target={target}")
    if abs(got - want) <= TOLERANCE:
        return
    message = f"`{call}` gave {got:.6g}; expected {want:.6g}."
    if math.isnan(got):
        expect(False, message)
    recall = recall_at(scores, y_true, got)
    if recall < target:
        more = f" With `score >= {got:.6g}` the recall is {recall:.4g}, below the target."
    else:
        more = f" {got:.6g} reaches the target too, but {want:.6g} is higher: it makes no more false alarms."
    expect(False, message + more)


@check("threshold_for_recall", points=2, title="the highest threshold that reaches the recall")
def highest_threshold(student):
    for seed, target in ((31, 0.5), (32, 0.8), (33, 0.9), (34, 0.3)):
        scores, y_true = draw_cases(seed, positives=7, negatives=6)
        expect_recall_threshold(student, scores, y_true, target)


@check("threshold_for_recall", points=1, title="a recall of exactly the target is enough")
def exactly_the_target(student):
    for seed, positives, target in ((41, 4, 0.75), (42, 5, 0.6), (43, 6, 1.0), (44, 5, 0.2)):
        scores, y_true = draw_cases(seed, positives, negatives=4)
        expect_recall_threshold(student, scores, y_true, target)
    # 0.55 * 100 is 55.00000000000001 in floating-point numbers: 55 of 100 are still 0.55.
    scores = [round(1 - place / 200, 3) for place in range(100)] + [0.999, 0.1]
    y_true = [1] * 100 + [0, 0]
    got = threshold_of(student.call("threshold_for_recall", scores, y_true, 0.55))
    expect(
        abs(got - scores[54]) <= TOLERANCE,
        f"with 100 positives at 1.0, 0.995, 0.99, … and target=0.55 your function gave {got:.6g}; expected "
        f"{scores[54]}, where 55 of 100 are found. Compare found / positives with the target; "
        "`0.55 * 100` is not exactly 55.",
    )


@check("threshold_for_recall", points=1, title="any scale of scores, and scores that occur more than once")
def any_scale(student):
    for seed, target in ((51, 0.7), (52, 0.4), (53, 0.95)):
        scores, y_true = draw_cases(seed, positives=6, negatives=5, low=-6.0, high=6.0)
        expect_recall_threshold(student, scores, y_true, target)
    expect_recall_threshold(student, [0.8, 0.3, 0.8, 0.8, 0.3, 0.6, 0.3], [1, 1, 1, 0, 0, 1, 1], 0.5)
    expect_recall_threshold(student, [3.0, 1.0, 3.0, 1.0, 1.0, 2.0], [0, 1, 1, 1, 0, 0], 0.5)


@check("threshold_for_recall", points=1, title="lists, tuples, arrays and tensors, left as they were")
def kinds_of_input(student):
    for seed, target in ((61, 0.65), (62, 0.85)):
        scores, y_true = draw_cases(seed, positives=5, negatives=5)
        forms = (
            (np.array(scores), np.array(y_true)),
            (torch.tensor(scores), torch.tensor(y_true)),
            (tuple(scores), tuple(y_true)),
            (np.array(scores, dtype=np.float32), np.array(y_true, dtype=bool)),
            (torch.tensor(scores, dtype=torch.float64), torch.tensor(y_true, dtype=torch.bool)),
            (scores, y_true),
        )
        for form in forms:
            expect_recall_threshold(student, scores, y_true, target, form)
            expect_unchanged(student, "Sort a copy: `sorted(...)` makes one, `.sort()` does not.")


@check("threshold_for_recall", points=2, title="impossible input raises ValueError")
def impossible_recall(student):
    for seed, target in ((71, 0.5), (72, 0.9)):
        expect_recall_threshold(student, *draw_cases(seed, positives=5, negatives=4), target)
    impossible = (
        ([0.2, 0.9, 0.4], [0, 0, 0], 0.8, "y_true has no positive case"),
        ([0.2, 0.9, 0.4], [1, 0], 0.8, "3 scores and 2 labels"),
        ([0.2, 0.9], [1, 0, 1], 0.8, "2 scores and 3 labels"),
        ([0.2, 0.9, 0.4], [1, 0, 1], 1.2, "target is 1.2"),
        ([0.2, 0.9, 0.4], [1, 0, 1], 0.0, "target is 0"),
        ([0.2, 0.9, 0.4], [1, 0, 1], -0.5, "target is -0.5"),
    )
    for scores, y_true, target, why in impossible:
        expect_raises(student, "threshold_for_recall", [scores, y_true, target], why=why)


# ----------------------------------------------------------------------------------- cheapest_threshold


def cost_at(scores: Sequence[float], y_true: Sequence[int], threshold: float, costs: tuple) -> float:
    """Return the total cost with `score >= threshold`."""
    fp = sum(s >= threshold and not y for s, y in zip(scores, y_true, strict=True))
    fn = sum(s < threshold and bool(y) for s, y in zip(scores, y_true, strict=True))
    return costs[0] * fp + costs[1] * fn


def expect_cheapest(
    student: Student, scores: Any, y_true: Any, costs: tuple[float, float], as_given: Any = None
) -> None:
    """Call the student's function and judge whether the threshold that comes back is a cheapest candidate."""
    given = (scores, y_true) if as_given is None else as_given
    got = threshold_of(student.call("cheapest_threshold", *given, *costs))
    call = call_text("cheapest_threshold", *given, f"cost_fp={costs[0]:g}", f"cost_fn={costs[1]:g}")
    candidates = [*dict.fromkeys(scores), math.inf]
    best = min(candidates, key=lambda t: cost_at(scores, y_true, t, costs))
    least = cost_at(scores, y_true, best, costs)
    near = [t for t in candidates if t == got or abs(t - got) <= TOLERANCE]
    expect(
        near,
        f"`{call}` gave {got:.6g}, which is no candidate; expected a score that occurs, or infinity: here {best:g}.",
    )
    cost = cost_at(scores, y_true, near[0], costs)
    swapped = costs[::-1]
    mixed = min(cost_at(scores, y_true, t, swapped) for t in candidates)
    more = ""
    if cost > least and cost_at(scores, y_true, near[0], swapped) == mixed:
        more = " It is the cheapest with the two costs swapped."
    expect(
        cost <= least + 1e-9,
        f"`{call}` gave {got:g}, which costs {cost:g}; expected {best:g}, which costs {least:g}.{more}",
    )


@check("cheapest_threshold", points=2, title="the threshold with the lowest total cost")
def lowest_cost(student):
    for seed, costs in ((111, (1, 1)), (112, (2, 3)), (113, (1, 6)), (114, (5, 2)), (115, (0.5, 0.7))):
        expect_cheapest(student, *draw_cases(seed, positives=6, negatives=7), costs)
    for seed in (116, 117, 118):
        expect_cheapest(student, *draw_cases(seed, positives=3, negatives=12), (1, 2))


@check("cheapest_threshold", points=2, title="each mistake at its own price")
def each_price(student):
    for seed in (121, 122, 123):
        scores, y_true = draw_cases(seed, positives=6, negatives=6)
        expect_cheapest(student, scores, y_true, (1, 9))
        expect_cheapest(student, scores, y_true, (9, 1))


@check("cheapest_threshold", points=1, title="never or always an alarm, where that is cheapest")
def never_or_always(student):
    expect_cheapest(student, [0.31, 0.92, 0.55, 0.18], [0, 0, 1, 0], (10, 1))
    expect_cheapest(student, [0.61, 0.12, 0.35, 0.88], [0, 1, 1, 0], (1, 10))
    expect_cheapest(student, [2.5, -1.5, 4.0, 0.5], [0, 1, 0, 0], (3, 1))
    expect_cheapest(student, [2.5, -1.5, 4.0, 0.5], [0, 1, 0, 0], (1, 5))


@check("cheapest_threshold", points=1, title="any scale of scores, and scores that occur more than once")
def ties_and_scale(student):
    expect_cheapest(student, [0.7, 0.7, 0.7, 0.2, 0.7, 0.9], [1, 0, 0, 0, 0, 1], (1, 2))
    expect_cheapest(student, [0.4, 0.4, 0.4, 0.8, 0.8, 0.1], [0, 0, 1, 1, 1, 0], (2, 3))
    expect_cheapest(student, [0.4, 0.4, 0.4, 0.8, 0.8, 0.1], [0, 0, 1, 1, 1, 0], (1, 3))
    for seed, costs in ((131, (1, 4)), (132, (4, 1)), (133, (1, 2))):
        expect_cheapest(student, *draw_cases(seed, 6, 6, low=-7.0, high=5.0), costs)


@check("cheapest_threshold", points=1, title="lists, tuples, arrays and tensors, left as they were")
def kinds_for_costs(student):
    for seed, costs in ((141, (1, 5)), (142, (4, 1))):
        scores, y_true = draw_cases(seed, positives=5, negatives=6)
        forms = (
            (np.array(scores), np.array(y_true)),
            (torch.tensor(scores), torch.tensor(y_true)),
            (tuple(scores), tuple(y_true)),
            (np.array(scores, dtype=np.float32), np.array(y_true, dtype=bool)),
            (torch.tensor(scores, dtype=torch.float64), torch.tensor(y_true, dtype=torch.bool)),
            (scores, y_true),
        )
        for form in forms:
            expect_cheapest(student, scores, y_true, costs, form)
            expect_unchanged(student, "Sort or extend a copy, not what was passed in.")


@check("cheapest_threshold", points=1, title="impossible input raises ValueError")
def impossible_costs(student):
    for seed, costs in ((151, (1, 3)), (152, (6, 1))):
        expect_cheapest(student, *draw_cases(seed, positives=5, negatives=5), costs)
    for scores, y_true, costs, why in (
        ([0.2, 0.9, 0.4], [1, 0], (1, 1), "3 scores and 2 labels"),
        ([0.2, 0.9], [1, 0, 1], (1, 1), "2 scores and 3 labels"),
        ([0.2, 0.9, 0.4], [1, 0, 1], (-1, 2), "cost_fp is -1"),
        ([0.2, 0.9, 0.4], [1, 0, 1], (1, -2), "cost_fn is -2"),
    ):
        expect_raises(student, "cheapest_threshold", [scores, y_true, *costs], why=why)

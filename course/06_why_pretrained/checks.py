"""Hidden checks of lesson 06. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: a step may be any number that equals it (a
NumPy integer, a tensor of one element, 20.0), a speed-up any real number. Ratios are compared with a relative
tolerance of 1e-5, which float32 meets. Each check asks for more than one kind of answer, so that no constant
passes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from autograder.checks import NUMBER, Wrong, check, expect, expect_type, expect_unchanged, show

if TYPE_CHECKING:
    from autograder.student import Student

TOLERANCE = 1e-5
AFTER = "after {seconds:.3g} s"


def history(accuracies: Sequence[float], steps: Sequence[int], each: float = 0.07, **more: Any) -> list[dict]:
    """Return a history with the given accuracies and steps; a step takes `each` seconds, the first second set-up."""
    return [
        {"step": step, "seconds": 0.9 + each * step, "val_accuracy": reached, **more}
        for step, reached in zip(steps, accuracies, strict=True)
    ]


def text(records: list[dict], form: str = "at step {step}") -> str:
    """Write a history for a message: each accuracy, with its step or its seconds."""
    if not records:
        return "an empty history"
    return ", ".join(f"{record['val_accuracy']:.3g} " + form.format_map(record) for record in records)


def as_number(value: Any) -> float:
    """Return the real number that `value` is, in whatever form it comes."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and math.prod(value.shape) == 1 and value.ndim < 2:
        value = value.item()
    expect_type(value, NUMBER)
    return float(value)


# ------------------------------------------------------------------------------------------ steps_to_reach


def expect_step(student: Student, records: list[dict], target: float, want: int | None) -> None:
    """Raise `Wrong` unless the student's function gives the step `want` for this history."""
    value = student.call("steps_to_reach", records, target)
    case = f"target {target:g}, {text(records)}"
    if want is None:
        expect(
            value is None,
            f"{case}: the target is never reached, and you returned {show(value)}; expected None.",
        )
        return
    if value is None:
        raise Wrong(f"{case}: your function returned None; expected {want}. Did you forget a `return`?")
    got = as_number(value)
    if got == want:
        return
    places = [place for place, record in enumerate(records) if record["step"] == want]
    above = [record["step"] for record in records if record["val_accuracy"] > target]
    advice = ""
    if got in (places[0], places[0] + 1):
        advice = " That is the record's place in the list, not its step."
    elif any(math.isclose(got, record["seconds"]) for record in records):
        advice = " Those are seconds."
    elif any(math.isclose(got, record["val_accuracy"]) for record in records):
        advice = " That is an accuracy."
    elif above and got == above[0]:
        advice = " That is the first record above the target; one exactly at it counts too."
    elif got == max(records, key=lambda record: record["val_accuracy"])["step"]:
        advice = " That is the step of the best record; the first one that fits counts."
    elif got == records[-1]["step"]:
        advice = " That is the last step."
    raise Wrong(f"{case}: you returned {show(value)}; expected {want}.{advice}")


@check("steps_to_reach", points=2, title="the step of the first record above the target")
def first_record_above(student: Student) -> None:
    rising = history((0.31, 0.58, 0.77, 0.86, 0.91), (15, 30, 60, 120, 240))
    uneven = history((0.42, 0.81, 0.66, 0.93, 0.88), (7, 8, 50, 51, 300))
    for records, target, want in ((rising, 0.8, 120), (uneven, 0.7, 8), (uneven, 0.9, 51), (rising, 0.3, 15)):
        expect_step(student, records, target, want)


@check("steps_to_reach", points=1, title="a record exactly at the target counts")
def exactly_at_the_target(student: Student) -> None:
    records = history((0.25, 0.5, 0.75, 0.875), (4, 9, 13, 22))
    for target, want in ((0.75, 13), (0.5, 9), (0.875, 22)):
        expect_step(student, records, target, want)


@check("steps_to_reach", points=1, title="None where the target is never reached, an empty history included")
def never_reached(student: Student) -> None:
    records = history((0.52, 0.71, 0.69), (25, 75, 80))
    expect_step(student, records, 0.9, None)
    expect_step(student, records[:1], 0.53, None)
    expect_step(student, [], 0.5, None)
    expect_step(student, history((0.95,), (40,)), 0.9, 40)


@check("steps_to_reach", points=1, title="a target that is reached at step 0 gives 0")
def reached_before_training(student: Student) -> None:
    records = history((0.64, 0.7, 0.9), (0, 12, 36))
    expect_step(student, records, 0.6, 0)
    expect_step(student, records, 0.8, 36)
    expect_step(student, history((0.1, 0.2), (0, 5)), 0.0, 0)


@check(
    "steps_to_reach",
    points=1,
    title="further entries in the records do no harm, and the history stays as it was",
)
def leaves_the_history_alone(student: Student) -> None:
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        steps = np.cumsum(rng.integers(3, 40, size=8)).tolist()
        accuracies = (0.5 + 0.05 * rng.permutation(8)).round(3).tolist()
        want = next(step for step, reached in zip(steps, accuracies, strict=True) if reached >= 0.72)
        expect_step(student, history(accuracies, steps, loss=0.25, epoch=3), 0.72, want)
        expect_unchanged(student, "Read the records and leave them as they are.")


# ------------------------------------------------------------------------------------------------- speedup


def name_of(value: float) -> str:
    """Write a result for a message."""
    return f"`{value}`" if math.isnan(value) or math.isinf(value) else f"{value:.4g}"


def expect_speedup(
    student: Student, scratch: list[dict], pretrained: list[dict], target: float, want: float
) -> None:
    """Raise `Wrong` unless the student's function gives the speed-up `want` for these two histories."""
    got = as_number(student.call("speedup", scratch, pretrained, target))
    if math.isnan(want) and math.isnan(got):
        return
    if got == want or math.isclose(got, want, rel_tol=TOLERANCE):
        return
    case = (
        f"target {target:g}, scratch {text(scratch, AFTER)}; pre-trained {text(pretrained, AFTER)}: "
        f"you returned {name_of(got)}; expected {name_of(want)}."
    )
    raise Wrong(f"{case}{why_not(got, want, scratch, pretrained, target)}")


def why_not(got: float, want: float, scratch: list[dict], pretrained: list[dict], target: float) -> str:
    """Guess which slip gives `got` in place of `want`."""
    if math.isinf(want):
        return " Only scratch never reaches the target."
    if want == 0:
        return " Only the pre-trained run never reaches the target."
    if math.isnan(want):
        return " Neither reaches the target, so there is no ratio."
    slow, fast = (
        next(record for record in records if record["val_accuracy"] >= target)
        for records in (scratch, pretrained)
    )
    guesses = {
        1 / want: " That is the ratio upside down.",
        slow["step"] / fast["step"]: " That is a ratio of steps; a speed-up compares seconds.",
        slow["seconds"] - fast["seconds"]: " That is a difference; a speed-up is a ratio.",
        1 - 1 / want: " That is the share of time saved; a speed-up is a ratio.",
        scratch[-1]["seconds"] / pretrained[-1]["seconds"]: " Those are the times of the last records.",
    }
    return next((advice for value, advice in guesses.items() if math.isclose(got, value, rel_tol=1e-4)), "")


def dead_heat() -> tuple[list[dict], list[dict]]:
    """Two histories that reach 0.8 in the same second, so that the ratio is 1 either way up."""
    return history((0.4, 0.83), (10, 20)), history((0.5, 0.86), (10, 20))


@check("speedup", points=2, title="the ratio of the two times, scratch first")
def ratio_of_seconds(student: Student) -> None:
    scratch = history((0.2, 0.55, 0.74, 0.86, 0.91), (10, 20, 40, 80, 160), each=0.05)
    pretrained = history((0.6, 0.88, 0.95), (8, 16, 32), each=0.08)
    for target, slow, fast in ((0.85, 3, 1), (0.5, 1, 0), (0.9, 4, 2)):
        want = scratch[slow]["seconds"] / pretrained[fast]["seconds"]
        expect_speedup(student, scratch, pretrained, target, want)
    # Far data: here the head start loses.
    expect_speedup(student, pretrained, scratch, 0.85, pretrained[1]["seconds"] / scratch[3]["seconds"])


@check("speedup", points=1, title="inf where only scratch never reaches the target")
def only_scratch_never(student: Student) -> None:
    expect_speedup(student, history((0.3, 0.61), (5, 50)), history((0.7, 0.9), (5, 50)), 0.8, math.inf)
    expect_speedup(student, [], history((0.7,), (5,)), 0.7, math.inf)
    expect_speedup(student, *dead_heat(), 0.8, 1.0)


@check("speedup", points=1, title="0.0 where only pre-trained never reaches the target")
def only_pretrained_never(student: Student) -> None:
    expect_speedup(student, history((0.3, 0.84), (5, 50)), history((0.5, 0.62), (5, 50)), 0.8, 0.0)
    expect_speedup(student, history((0.7,), (5,)), [], 0.7, 0.0)
    expect_speedup(student, *dead_heat(), 0.8, 1.0)


@check("speedup", points=1, title="nan where neither reaches the target")
def neither_reaches_it(student: Student) -> None:
    expect_speedup(student, history((0.3, 0.61), (5, 50)), history((0.7, 0.9), (5, 50)), 0.95, math.nan)
    expect_speedup(student, [], [], 0.5, math.nan)
    expect_speedup(student, *dead_heat(), 0.8, 1.0)


@check(
    "speedup", points=1, title="the first record that is there counts, and the histories stay as they were"
)
def first_record_and_unchanged(student: Student) -> None:
    for seed in (3, 4):
        rng = np.random.default_rng(seed)
        runs = []
        for _ in range(2):
            steps = np.cumsum(rng.integers(3, 40, size=6)).tolist()
            reached = [0.41, 0.8, 0.63, 0.95, 0.7, 0.75]
            runs.append(history(reached, steps, each=float(rng.uniform(0.02, 0.2)), loss=0.5))
        want = runs[0][1]["seconds"] / runs[1][1]["seconds"]
        expect_speedup(student, *runs, 0.8, want)
        expect_unchanged(student, "Read the histories and leave them as they are.")

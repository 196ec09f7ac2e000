"""Hidden checks of lesson 02. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: a number may be a float, a NumPy number or a
tensor of one element; predictions may be a tensor, array or list of ints, floats or booleans; weights a tensor,
array or list of numbers. Values are compared with a tolerance of 1e-4, which float32 meets. No case has a count
that lies half-way between two whole numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks import (
    NUMBER,
    check,
    expect,
    expect_raises,
    expect_type,
    expect_unchanged,
    show,
    single_number,
)

TOLERANCE = 1e-4
KINDS = {"a list": list, "a NumPy array": np.array, "a tensor": torch.tensor}


def number_of(value: Any) -> float:
    """Return what the student's function returned as a plain number."""
    number = single_number(value)
    if number is None and isinstance(value, Tensor | np.ndarray):
        size = value.numel() if isinstance(value, Tensor) else value.size
        expect(size == 1, f"your function returned {show(value)}, with {size} entries; expected one number.")
    if number is None:
        expect_type(value, NUMBER)
    return float(number)


def numbers_of(value: Any, length: int, what: str) -> Tensor:
    """Return what the student's function returned as a float64 tensor of `length` numbers."""
    wanted = f"a tensor of {length} {what}"
    expect(value is not None, f"your function returned None: did you forget `return`? Expected {wanted}.")
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        value = torch.as_tensor(value.astype(np.float64))
    elif (
        isinstance(value, list | tuple)
        and len(value) == length
        and all(
            isinstance(entry, (*NUMBER, bool)) or (isinstance(entry, Tensor) and entry.numel() == 1)
            for entry in value
        )
    ):
        value = torch.tensor([float(entry) for entry in value], dtype=torch.float64)
    if isinstance(value, list | tuple):
        expect(False, f"your function returned a {type(value).__name__} ({show(value)}); expected {wanted}.")
    expect_type(value, Tensor)
    expect(
        tuple(value.shape) == (length,),
        f"your function returned a tensor of shape {tuple(value.shape)}; expected {wanted}, shape ({length},).",
    )
    return value.to(torch.float64)


# --------------------------------------------------------------------------------------- majority_baseline


def draw_labels(seed: int, labels: Sequence[Any], counts: Sequence[int]) -> list:
    """Return `counts[k]` times `labels[k]`, in random order."""
    cases = [label for label, count in zip(labels, counts, strict=True) for _ in range(count)]
    return [cases[place] for place in np.random.default_rng(seed).permutation(len(cases))]


def expect_baseline(got: Any, labels: list, what: str) -> None:
    """Compare with the share of the most frequent label; name the mistake that explains a wrong number."""
    counts = Counter(labels)
    (label, most), total = counts.most_common(1)[0], len(labels)
    number = number_of(got)
    if abs(number - most / total) <= TOLERANCE:
        return
    known = [
        (most, f"That is how many cases have the label {label!r}; divide by the {total} cases."),
        (100 * most / total, "That is per cent; return a fraction between 0 and 1."),
        (
            1 / total,
            "That counts every case as a class of its own: elements of a tensor are never equal for `Counter`.",
        ),
        (counts[1] / total, "That is the share of label 1, which need not be the most frequent one."),
        (counts[0] / total, "That is the share of label 0, which need not be the most frequent one."),
        (min(counts.values()) / total, "That is the share of the least frequent label."),
        (1 / len(counts), f"That is guessing at random among {len(counts)} classes."),
    ]
    hits = (f" {text}" for value, text in known if value > 0 and abs(number - value) <= TOLERANCE)
    reason = next(hits, "")
    expect(False, f"{what}: the baseline is {number:.6g}; expected {most / total:.6g}.{reason}")


def counts_text(labels: list) -> str:
    """Write how many cases of each label there are."""
    return ", ".join(f"{count} of {label!r}" for label, count in sorted(Counter(labels).items()))


@check("majority_baseline", points=1, title="two classes, either of them the most frequent")
def two_classes(student):
    for seed, counts in ((1, (31, 9)), (2, (7, 26)), (3, (5, 58))):
        labels = draw_labels(seed, (0, 1), counts)
        expect_baseline(student.call("majority_baseline", labels), labels, counts_text(labels))


@check("majority_baseline", points=1, title="several classes, labels that are text, negative or not in a row")
def several_classes(student):
    cases = (
        draw_labels(4, ("cat", "dog", "bird"), (9, 21, 5)),
        draw_labels(5, (-1, 3, 70, 8), (12, 4, 6, 7)),
        draw_labels(6, (5, 2, 4), (11, 13, 12)),
    )
    for labels in cases:
        expect_baseline(student.call("majority_baseline", labels), labels, counts_text(labels))


@check("majority_baseline", points=1, title="lists, tuples, arrays and tensors, left as they were")
def any_container(student):
    kinds = KINDS | {"a tuple": tuple}
    for seed, (name, kind) in enumerate(kinds.items(), start=10):
        labels = draw_labels(seed, (0, 1, 2), (6 + seed, 17, 4))
        got = student.call("majority_baseline", kind(labels))
        expect_unchanged(student, "Count the labels; do not write into them.")
        expect_baseline(got, labels, f"{name} with {counts_text(labels)}")


@check("majority_baseline", points=1, title="no labels raise a ValueError")
def no_labels(student):
    # A function that always raises, or never returns, does not pass.
    number_of(student.call("majority_baseline", [1, 0, 1]))
    for name, kind in KINDS.items():
        expect_raises(student, "majority_baseline", (kind([]),), kind="ValueError", why=f"{name} of length 0")


# ------------------------------------------------------------------------------------- paradox_predictions


def draw_truth(seed: int, positives: int, negatives: int) -> list[int]:
    """Return that many ones and zeros in random order."""
    return draw_labels(seed, (1, 0), (positives, negatives))


def wanted_counts(truth: list[int], accuracy: float, recall: float) -> tuple[int, int]:
    """Return the number of found positives and of right answers."""
    return round(recall * sum(truth)), round(accuracy * len(truth))


def predictions_of(value: Any, truth: list[int]) -> Tensor:
    """Return the student's predictions as booleans, once they have the right form."""
    got = numbers_of(value, len(truth), "predictions, 0 or 1")
    odd = got[(got != 0) & (got != 1)]
    expect(len(odd) == 0, f"one of the predictions is {odd[0].item() if len(odd) else 0:g}; expected 0 or 1.")
    return got == 1


def paradox_call(truth: list[int], accuracy: float, recall: float, seed: int = 0) -> str:
    """Write a call, with the labels as counts."""
    return (
        f"{sum(truth)} positives and {len(truth) - sum(truth)} negatives, accuracy={accuracy}, recall={recall}, "
        f"seed={seed}"
    )


def found_and_right(predictions: Tensor, truth: list[int]) -> tuple[int, int]:
    """Count the found positives and the right answers."""
    y = torch.tensor(truth) == 1
    return int((predictions & y).sum()), int((predictions == y).sum())


CASES = (  # positives, negatives, accuracy, recall
    (25, 975, 0.97, 0.12),
    (100, 300, 0.8, 0.29),  # 0.29 * 100 is 28.999… in floating point
    (30, 70, 0.57, 0.58),  # 0.57 * 100 is 56.999…, and 17.4 is nearest to 17
    (40, 23, 0.645, 0.69),  # 40.6 right answers, 27.6 found: both are rounded up
)


@check(
    "paradox_predictions",
    points=2,
    title="the number of found positives is nearest to recall times positives",
)
def recall_is_reached(student):
    for seed, (positives, negatives, accuracy, recall) in enumerate(CASES, start=20):
        truth = draw_truth(seed, positives, negatives)
        value = student.call("paradox_predictions", torch.tensor(truth), accuracy, recall, seed)
        found, _ = found_and_right(predictions_of(value, truth), truth)
        want, _ = wanted_counts(truth, accuracy, recall)
        reason = ""
        if found == int(recall * positives):
            reason = " `int` cuts off; `round` gives the nearest whole number."
        elif found == want + 1 or found == -int(-recall * positives // 1):
            reason = " Take the nearest whole number, not the next higher one."
        elif found == positives - want:
            reason = " That is the number of misses."
        what = paradox_call(truth, accuracy, recall, seed)
        message = f"{what}: {found} positives are found; expected {want}, nearest to {recall * positives:g}."
        expect(found == want, message + reason)


@check(
    "paradox_predictions", points=2, title="the number of right answers is nearest to accuracy times cases"
)
def accuracy_is_reached(student):
    for seed, (positives, negatives, accuracy, recall) in enumerate(CASES, start=30):
        truth = draw_truth(seed, positives, negatives)
        value = student.call("paradox_predictions", torch.tensor(truth), accuracy, recall, seed)
        predictions = predictions_of(value, truth)
        found, right = found_and_right(predictions, truth)
        _, want = wanted_counts(truth, accuracy, recall)
        alarms = int(predictions.sum()) - found
        cases = len(truth)
        reason = ""
        if alarms == cases - want:
            reason = f" You made all {cases - want} mistakes false alarms; the misses are mistakes too."
        elif alarms == 0:
            reason = " There is no false alarm: misses alone do not make this accuracy."
        elif right == int(accuracy * cases):
            reason = " `int` cuts off; `round` gives the nearest whole number."
        what = paradox_call(truth, accuracy, recall, seed)
        message = f"{what}: {right} answers are right; expected {want}, nearest to {accuracy * cases:g}."
        expect(right == want, message + reason)


@check(
    "paradox_predictions",
    points=1,
    title="the limits: nothing found, all found, no false alarm, only false alarms",
)
def limits(student):
    cases = (
        (10, 90, 0.9, 0.0),  # "never": no alarm at all
        (10, 90, 1.0, 1.0),  # perfect
        (22, 978, 0.98, 0.1),  # 20 misses are all 20 mistakes
        (20, 30, 0.4, 1.0),  # all found, and every negative is a false alarm
        (5, 45, 0.0, 0.0),  # every answer wrong
        (60, 0, 0.25, 0.25),  # no negatives
    )
    for seed, (positives, negatives, accuracy, recall) in enumerate(cases, start=40):
        truth = draw_truth(seed, positives, negatives)
        value = student.call("paradox_predictions", torch.tensor(truth), accuracy, recall, seed)
        got = found_and_right(predictions_of(value, truth), truth)
        want = wanted_counts(truth, accuracy, recall)
        what = paradox_call(truth, accuracy, recall, seed)
        expect(
            got == want,
            f"{what}: {got[0]} found and {got[1]} right answers; expected {want[0]} and {want[1]}.",
        )


@check(
    "paradox_predictions",
    points=1,
    title="the seed decides which positives are found and which alarms are false",
)
def seed_decides(student):
    for positives, negatives, accuracy, recall in ((40, 160, 0.8, 0.5), (60, 90, 0.7, 0.4)):
        truth = draw_truth(positives, positives, negatives)
        y = torch.tensor(truth) == 1
        found, alarms = set(), set()
        for seed in (3, 4, 5, 6):
            first, again = (
                predictions_of(student.call("paradox_predictions", truth, accuracy, recall, seed=seed), truth)
                for _ in range(2)
            )
            expect(torch.equal(first, again), f"seed={seed} gave two different predictions in two calls.")
            want, _ = wanted_counts(truth, accuracy, recall)
            got = found_and_right(first, truth)[0]
            what = paradox_call(truth, accuracy, recall, seed)
            expect(got == want, f"{what}: {got} positives are found; expected {want}.")
            found.add(tuple((first & y).tolist()))
            alarms.add(tuple((first & ~y).tolist()))
        expect(
            len(found) > 1,
            "four seeds find the same positives: choose them at random, from `seed`, not the first ones.",
        )
        expect(
            len(alarms) > 1,
            "four seeds give the same false alarms: choose them at random, from `seed`, not the first ones.",
        )


@check("paradox_predictions", points=1, title="lists, arrays and tensors, left as they were")
def any_truth(student):
    for seed, (name, kind) in enumerate(KINDS.items(), start=50):
        truth = draw_truth(seed, 8 + seed % 5, 52)
        value = student.call("paradox_predictions", kind(truth), 0.8, 0.4, seed)
        expect_unchanged(student, "Make a new tensor for the predictions.")
        got = found_and_right(predictions_of(value, truth), truth)
        want = wanted_counts(truth, 0.8, 0.4)
        what = paradox_call(truth, 0.8, 0.4, seed)
        expect(
            got == want,
            f"{name}, {what}: {got[0]} found and {got[1]} right answers; expected {want[0]} and {want[1]}.",
        )


@check("paradox_predictions", points=1, title="an impossible pair, or impossible input, raises a ValueError")
def impossible(student):
    # A function that always raises, or never returns, does not pass.
    truth = draw_truth(60, 10, 90)
    predictions_of(student.call("paradox_predictions", truth, 0.9, 0.5), truth)
    cases = (
        (50, 50, 0.98, 0.12, "44 misses, but only 2 mistakes"),
        (30, 970, 0.98, 0.12, "26 misses, but only 20 mistakes"),
        (40, 10, 0.3, 1.0, "35 mistakes, no misses, and only 10 negatives"),
        (0, 30, 0.9, 0.5, "no positive label, so recall has no value"),
        (10, 90, 1.2, 0.5, "an accuracy of 1.2"),
        (10, 90, 0.9, 1.5, "a recall of 1.5"),
        (10, 90, 0.8, -0.2, "a recall of -0.2"),
    )
    for seed, (positives, negatives, accuracy, recall, why) in enumerate(cases, start=61):
        truth = torch.tensor(draw_truth(seed, positives, negatives))
        what = f"{positives} positives, {negatives} negatives, accuracy={accuracy}, recall={recall}: {why}"
        expect_raises(student, "paradox_predictions", (truth, accuracy, recall), kind="ValueError", why=what)


# ------------------------------------------------------------------------------- inverse_frequency_weights


def weights_of(value: Any, num_classes: int) -> Tensor:
    """Return the student's weights, once they are finite numbers of the right shape."""
    got = numbers_of(value, num_classes, "weights")
    for label, weight in enumerate(got.tolist()):
        expect(
            np.isfinite(weight),
            f"the weight of class {label} is {weight:g}: keep the division away from a count of 0.",
        )
    return got


def right_weights(labels: list[int], num_classes: int) -> Tensor:
    """Return the weights that are expected."""
    counts = Counter(labels)
    return torch.tensor(
        [len(labels) / (len(counts) * counts[k]) if k in counts else 0.0 for k in range(num_classes)],
        dtype=torch.float64,
    )


def expect_weights(value: Any, labels: list[int], num_classes: int, what: str) -> None:
    """Compare all weights, and name the mistake that explains wrong ones."""
    got, want = weights_of(value, num_classes), right_weights(labels, num_classes)
    if torch.allclose(got, want, atol=TOLERANCE, rtol=TOLERANCE):
        return
    place = int((got - want).abs().argmax())
    message = f"{what}: the weight of class {place} is {got[place]:.6g}; expected {want[place]:.6g}."
    present, occurring = want > 0, int((want > 0).sum())
    if torch.allclose(got * num_classes, want * occurring, atol=TOLERANCE, rtol=TOLERANCE):
        message += f" You divided by all {num_classes} classes; only {occurring} of them occur."
    elif torch.allclose(got, want / want.sum(), atol=TOLERANCE):
        message += " The weights add up to 1; it is their mean over the samples that must be 1."
    elif torch.allclose(got * want[present].mean(), want, atol=TOLERANCE, rtol=TOLERANCE):
        message += " Their mean over the classes is 1; it is the mean over the samples that must be 1."
    elif torch.allclose(got[present] * want[present], got[present][0] * want[present][0], rtol=1e-3):
        message += " The weights grow with the frequency; the rare class needs the large one."
    expect(False, message)


@check("inverse_frequency_weights", points=2, title="half as many cases, twice the weight")
def inversely_proportional(student):
    for seed, counts in ((70, (60, 20)), (71, (7, 35, 14)), (72, (3, 8, 2, 11))):
        labels = draw_labels(seed, range(len(counts)), counts)
        value = student.call("inverse_frequency_weights", torch.tensor(labels), len(counts))
        got = weights_of(value, len(counts))
        most, least = int(np.argmax(counts)), int(np.argmin(counts))
        times = counts[most] / counts[least]
        expect(got[most] > 0, f"class {most} has {counts[most]} cases and the weight {got[most]:g}.")
        ratio = (got[least] / got[most]).item()
        hint = ""
        if abs(ratio - 1 / times) < TOLERANCE:
            hint = " It is upside down: the rare class needs the large weight."
        elif abs(ratio - times**0.5) < TOLERANCE:
            hint = " That is the square root."
        expect(
            abs(ratio - times) <= TOLERANCE * times,
            f"class {most} has {counts[most]} cases and class {least} {counts[least]}, {times:g} times fewer; its "
            f"weight is {ratio:.4g} times as large, expected {times:.4g} times.{hint}",
        )
        scaled = got * torch.tensor(counts)
        expect(
            torch.allclose(scaled, scaled[:1], rtol=1e-3),
            f"counts {counts} gave the weights {[round(weight, 4) for weight in got.tolist()]}: count times weight "
            "must be the same for every class.",
        )


@check("inverse_frequency_weights", points=1, title="the mean weight over the samples is 1")
def mean_over_samples(student):
    for seed, counts in ((73, (40, 10)), (74, (5, 25, 20)), (75, (9, 1, 30, 12))):
        labels = draw_labels(seed, range(len(counts)), counts)
        value = student.call("inverse_frequency_weights", torch.tensor(labels), len(counts))
        expect_weights(value, labels, len(counts), f"counts {counts}")


@check("inverse_frequency_weights", points=2, title="an absent class has weight 0, and the mean stays 1")
def absent_class(student):
    for seed, counts in ((76, (12, 0, 24)), (77, (0, 5, 15, 0)), (78, (18, 6, 0, 0, 0)), (79, (0, 0, 7))):
        labels = draw_labels(seed, range(len(counts)), counts)
        value = student.call("inverse_frequency_weights", torch.tensor(labels), len(counts))
        got = weights_of(value, len(counts))
        for label, count in enumerate(counts):
            expect(
                count or got[label] == 0,
                f"class {label} does not occur in counts {counts}; its weight is {got[label]:.4g}, expected 0.",
            )
        expect_weights(value, labels, len(counts), f"counts {counts}")


@check("inverse_frequency_weights", points=1, title="lists, arrays and tensors, left as they were")
def any_labels(student):
    for seed, (name, kind) in enumerate(KINDS.items(), start=80):
        labels = draw_labels(seed, (0, 1, 2), (seed % 7 + 3, 4, 19))
        value = student.call("inverse_frequency_weights", kind(labels), 3)
        expect_unchanged(student, "Count the labels; do not write into them.")
        expect_weights(value, labels, 3, f"{name} with {counts_text(labels)}")


@check("inverse_frequency_weights", points=1, title="no labels, or a label out of range, raise a ValueError")
def impossible_labels(student):
    # A function that always raises, or never returns, does not pass.
    numbers_of(student.call("inverse_frequency_weights", [0, 1, 1], 2), 2, "weights")
    cases = (
        ([], 3, "y is empty"),
        ([0, 1, 4, 1], 3, "label 4 with 3 classes"),
        ([2, 0, 1, 2], 2, "label 2 with 2 classes"),
        ([1, -1, 0], 2, "label -1"),
    )
    for labels, num_classes, why in cases:
        tensor = torch.tensor(labels, dtype=torch.int64)
        args = (tensor, num_classes)
        expect_raises(student, "inverse_frequency_weights", args, kind="ValueError", why=why)

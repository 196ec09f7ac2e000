"""Hidden checks of lesson 01. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: the four counts may come as a tuple, list,
array or tensor of four whole numbers (NumPy integers, tensors of one element and 3.0 included), the three
metrics as any sequence of three numbers, and the dictionaries of `per_class_metrics` may hold NumPy numbers,
tensors of one element and further keys. Values are compared with a tolerance of 1e-5, which float32 meets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import torch

from autograder.checks import (
    check,
    expect,
    expect_raises,
    expect_type,
    expect_unchanged,
    show,
    single_number,
)

COUNTS = ("tp", "fp", "fn", "tn")
METRICS = ("precision", "recall", "f1")
TOLERANCE = 1e-5


# ---------------------------------------------------------------------------------------- confusion_counts


def draw_cases(seed: int, positive: Any, negatives: Sequence[Any]) -> tuple[list, list, tuple[int, ...]]:
    """Draw 10 to 14 cases whose four counts all differ, so that mix-ups show; return them and the counts."""
    rng = np.random.default_rng(seed)
    tp, fp, fn, tn = counts = tuple(int(n) for n in rng.choice(np.arange(1, 6), 4, replace=False))
    truths = [positive] * tp + [None] * fp + [positive] * fn + [None] * tn
    answers = [positive] * (tp + fp) + [None] * (fn + tn)
    order = rng.permutation(len(truths))

    def filled(labels: list) -> list:
        return [negatives[rng.integers(len(negatives))] if labels[i] is None else labels[i] for i in order]

    return filled(truths), filled(answers), counts


def case_text(y_true: Any, y_pred: Any, positive: Any = 1) -> str:
    """Write a call as the student would: its labels, and `positive` where it is not 1."""
    extra = "" if type(positive) is int and positive == 1 else f", positive={positive!r}"
    return f"confusion_counts(y_true={_labels(y_true)}, y_pred={_labels(y_pred)}{extra})"


def _labels(labels: Any) -> str:
    if isinstance(labels, torch.Tensor):
        return f"tensor({labels.tolist()})"
    if isinstance(labels, np.ndarray):
        return f"array({labels.tolist()})"
    return repr(labels)


def numbers_of(value: Any, names: Sequence[str]) -> list[float]:
    """Return what the student's function returned as plain numbers, one for each of `names`."""
    wanted = f"{len(names)} numbers ({', '.join(names)})"
    if isinstance(value, torch.Tensor | np.ndarray) and value.ndim == 1:
        value = value.tolist()
    expect(
        value is not None,
        "your function returned None: did you forget `return`? Printing is not returning. "
        f"Expected {wanted}.",
    )
    expect(not isinstance(value, dict), f"your function returned a dict; expected {wanted}, in this order.")
    expect_type(value, (tuple, list))
    expect(len(value) == len(names), f"your function returned {len(value)} values; expected {wanted}.")
    numbers = [single_number(entry) for entry in value]
    for name, entry, number in zip(names, value, numbers, strict=True):
        expect(number is not None, f"{name} is {show(entry)}; expected a number.")
    return numbers


def counts_text(counts: Sequence[float]) -> str:
    """Write four counts as a tuple of whole numbers."""
    return "(" + ", ".join(f"{number:g}" for number in counts) + ")"


def expect_counts(got: Any, want: tuple[int, ...], call: str) -> None:
    """Compare four counts, and name the mix-up that explains a wrong result."""
    numbers = tuple(numbers_of(got, COUNTS))
    message = f"`{call}` gave {counts_text(numbers)}; expected (tp, fp, fn, tn) = {want}."
    expect(numbers == want, message + _mix_up(numbers, want))


def _mix_up(got: tuple[float, ...], want: tuple[int, ...]) -> str:
    tp, fp, fn, tn = want
    if got == (tp, fn, fp, tn):
        return f" fp and fn are swapped: you counted the {fn} misses as fp and the {fp} false alarms as fn."
    if got == (tn, fp, fn, tp):
        return " That is the order tn, fp, fn, tp, which `confusion_matrix(...).ravel()` gives."
    if got == (tn, fn, fp, tp):
        return " You counted the negative label as the positive one."
    if sorted(got) == sorted(want):
        order = next(
            names for names in permutations(COUNTS) if got == tuple(want[COUNTS.index(n)] for n in names)
        )
        return f" The numbers are right, but in the order {', '.join(order)}."
    if sum(got) != sum(want):
        return f" Your four counts add up to {sum(got):g}, but there are {sum(want)} cases."
    return ""


@check("confusion_counts", points=2, title="the four counts of 0/1 labels, in the order tp, fp, fn, tn")
def counts_in_order(student):
    for seed in (11, 12, 13):
        y_true, y_pred, counts = draw_cases(seed, 1, [0])
        expect_counts(student.call("confusion_counts", y_true, y_pred), counts, case_text(y_true, y_pred))


@check("confusion_counts", points=1, title='any label can be the positive one: 0, 8, "cat"')
def positive_label(student):
    # Compared with the student's own counts of 0/1 labels, so that a wrong order costs its points only once.
    for seed, positive, negatives in ((21, 0, [1]), (22, "cat", ["dog", "bird"]), (23, 8, [0, 1, 3, 9])):
        y_true, y_pred, counts = draw_cases(seed, positive, negatives)
        as_bits = [[int(label == positive) for label in labels] for labels in (y_true, y_pred)]
        want = numbers_of(student.call("confusion_counts", *as_bits), COUNTS)
        expect_all_cases(want, counts, case_text(*as_bits))
        got = numbers_of(student.call("confusion_counts", y_true, y_pred, positive=positive), COUNTS)
        if got == want:
            continue
        reason = ""
        if got == numbers_of(student.call("confusion_counts", y_true, y_pred), COUNTS):
            reason = " `positive` is ignored: without it your function gives the same counts."
        elif (
            len(negatives) > 1
            and sum(got) == sum(want)
            and sum(g != w for g, w in zip(got, want, strict=True)) == 2
        ):
            reason = (
                " One negative label taken for another is no mistake here: "
                "neither is the positive one, so it is tn."
            )
        call = case_text(y_true, y_pred, positive)
        text = (
            f"`{call}` gave {counts_text(got)}; the same cases written as 1 and 0 gave {counts_text(want)}."
        )
        expect(False, text + reason)


def expect_all_cases(got: Sequence[float], counts: tuple[int, ...], call: str) -> None:
    """Raise `Wrong` unless `got` adds up to the number of cases and has two of the counts, at any place."""
    total, cases = sum(got), sum(counts)
    expect(total == cases, f"`{call}`: your four counts add up to {total:g}, but there are {cases} cases.")
    expect(
        len(set(got) & set(counts)) >= 2,
        f"`{call}` gave {counts_text(got)}; expected the numbers {', '.join(map(str, sorted(counts)))}, "
        "and this check needs two of them at least, in any order.",
    )


@check(
    "confusion_counts", points=1, title="tuples, arrays and tensors count like lists, and stay as they were"
)
def any_sequence(student):
    for seed, kind in ((31, list), (32, tuple), (33, np.array), (34, torch.tensor)):
        y_true, y_pred, counts = draw_cases(seed, 2, [0, 1])
        want = numbers_of(student.call("confusion_counts", y_true, y_pred, positive=2), COUNTS)
        expect_all_cases(want, counts, case_text(y_true, y_pred, 2))
        y_true, y_pred = kind(y_true), kind(y_pred)
        got = numbers_of(student.call("confusion_counts", y_true, y_pred, positive=2), COUNTS)
        expect_unchanged(student, "Compare the labels; do not write into them.")
        call = case_text(y_true, y_pred, 2)
        expect(
            got == want,
            f"`{call}` gave {counts_text(got)}; the same labels in lists gave {counts_text(want)}.",
        )


@check("confusion_counts", points=1, title="counts that are 0 are returned as 0")
def empty_boxes(student):
    cases = (
        ([1] * 6, [1] * 6, (6, 0, 0, 0)),
        ([0] * 5, [0] * 5, (0, 0, 0, 5)),
        ([0] * 4, [1] * 4, (0, 4, 0, 0)),
        ([1, 0, 1, 0, 0, 1, 0], [0] * 7, (0, 0, 3, 4)),
    )
    for y_true, y_pred, counts in cases:
        expect_counts(student.call("confusion_counts", y_true, y_pred), counts, case_text(y_true, y_pred))


@check("confusion_counts", points=1, title="different lengths raise a ValueError")
def lengths_differ(student):
    # A function that always raises, or never returns, does not pass.
    numbers_of(student.call("confusion_counts", np.array([1, 0, 1]), np.array([1, 1, 0])), COUNTS)
    for y_true, y_pred in (
        ([1, 0, 1, 1, 0], [1, 0, 1]),
        ([1, 0], [1, 0, 1, 1]),
        (np.array([1, 0, 1, 1]), np.array([1])),
        (torch.tensor([1]), torch.tensor([0, 1, 1])),
    ):
        why = f"y_true has {len(y_true)} labels and y_pred {len(y_pred)}"
        expect_raises(student, "confusion_counts", (y_true, y_pred), kind="ValueError", why=why)


# ------------------------------------------------------------------------------------- precision_recall_f1


def reference_metrics(tp: int, fp: int, fn: int) -> tuple[float, float, float]:
    """Precision, recall and F1, 0.0 where the denominator is 0."""
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    return precision, recall, 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


def near(got: float, want: float) -> bool:
    """Whether two numbers are equal within the tolerance; NaN is near nothing."""
    return math.isfinite(got) and abs(got - want) <= TOLERANCE


def slip(got: float, want: float) -> str:
    """Name a mistake that can happen to any fraction: nan, per cent, rounding, whole-number division."""
    if math.isnan(got):
        return " nan is what 0 / 0 gives in NumPy and PyTorch; test for a denominator of 0."
    if want and near(got, 100 * want):
        return " That is per cent; return a fraction between 0 and 1."
    if any(abs(got - round(want, digits)) < 1e-9 for digits in (1, 2, 3, 4)):
        return " Do not round: the error grows in every average above it."
    if isinstance(got, int) and 0 < want < 1:
        return " `//` cuts the fraction off; divide with `/`."
    return ""


def metrics_call(tp: int, fp: int, fn: int) -> str:
    """Write a call as the student would."""
    return f"precision_recall_f1(tp={tp}, fp={fp}, fn={fn})"


def expect_metric(got: Any, want: float, name: str, call: str, known: dict[str, float]) -> None:
    """Compare one metric; `known` are likely wrong values, each with the words that explain it."""
    number = single_number(got)
    expect(number is not None, f"`{call}`: {name} is {show(got)}; expected a number.")
    if near(number, want):
        return
    reason = next((f" {text}" for text, value in known.items() if near(number, value)), "") or slip(
        number, want
    )
    expect(False, f"`{call}`: {name} is {number:.6g}; expected {want:.6g}.{reason}")


def draw_counts(seed: int) -> tuple[int, int, int]:
    """Draw counts with at least twice as many of one mistake as of the other."""
    rng = np.random.default_rng(seed)
    few, tp = int(rng.integers(3, 9)), int(rng.integers(20, 60))
    many = 2 * few + int(rng.integers(10, 40))
    return (tp, many, few) if seed % 2 else (tp, few, many)


@check("precision_recall_f1", points=1, title="precision comes first and recall second")
def precision_and_recall(student):
    for tp, fp, fn in (*(draw_counts(seed) for seed in (51, 52, 53)), (7, 0, 3), (7, 3, 0)):
        call, (precision, recall, _) = metrics_call(tp, fp, fn), reference_metrics(tp, fp, fn)
        got = numbers_of(student.call("precision_recall_f1", tp, fp, fn), METRICS)
        swapped = near(got[0], recall) and near(got[1], precision)
        expect(
            swapped is False or near(precision, recall),
            f"`{call}` gave precision {got[0]:.6g} and recall {got[1]:.6g}: the two are swapped. "
            "Precision divides by tp + fp, recall by tp + fn.",
        )
        known = {"That divides by all three counts; precision divides by tp + fp.": tp / (tp + fp + fn)}
        expect_metric(got[0], precision, "precision", call, known)
        known = {"That divides by all three counts; recall divides by tp + fn.": tp / (tp + fp + fn)}
        expect_metric(got[1], recall, "recall", call, known)


@check("precision_recall_f1", points=1, title="F1 is the harmonic mean of precision and recall")
def f1_is_harmonic(student):
    for tp, fp, fn in (*(draw_counts(seed) for seed in (61, 62, 63)), (1, 99, 0)):
        call, (precision, recall, f1) = metrics_call(tp, fp, fn), reference_metrics(tp, fp, fn)
        got = numbers_of(student.call("precision_recall_f1", tp, fp, fn), METRICS)
        known = {
            "That is the arithmetic mean of precision and recall; F1 is the harmonic one.": (
                precision + recall
            )
            / 2,
            "The factor 2 is missing.": f1 / 2,
            "That is the geometric mean of precision and recall; F1 is the harmonic one.": math.sqrt(
                precision * recall
            ),
            "That is TP / (TP + FP + FN); in F1, TP counts twice, above and below the line.": tp
            / (tp + fp + fn),
        }
        expect_metric(got[2], f1, "f1", call, known)


def expect_above_zero(student, tp: int, fp: int, fn: int) -> None:
    """Raise `Wrong` if all three metrics of these counts are 0: always 0.0 earns nothing."""
    got = numbers_of(student.call("precision_recall_f1", tp, fp, fn), METRICS)
    expect(
        any(number > 0 for number in got),
        f"`{metrics_call(tp, fp, fn)}` gave {counts_text(got)}: 0.0 is not the answer to everything.",
    )


@check("precision_recall_f1", points=1, title="0.0 where no case is positive, or none is predicted positive")
def zero_denominators(student):
    expect_above_zero(student, 12, 0, 8)
    for tp, fp, fn in ((0, 0, 6), (0, 9, 0), (0, 0, 0)):
        call = metrics_call(tp, fp, fn)
        got = numbers_of(student.call("precision_recall_f1", tp, fp, fn), METRICS)
        for name, number in zip(METRICS, got, strict=True):
            known = {"Where the denominator is 0, this course returns 0.0.": 1.0}
            expect_metric(number, 0.0, name, call, known)


@check("precision_recall_f1", points=1, title="all three are 0.0 where nothing was found")
def nothing_found(student):
    expect_above_zero(student, 21, 0, 4)
    for tp, fp, fn in ((0, 4, 7), (0, 31, 2)):
        got = numbers_of(student.call("precision_recall_f1", tp, fp, fn), METRICS)
        for name, number in zip(METRICS, got, strict=True):
            expect_metric(number, 0.0, name, metrics_call(tp, fp, fn), {})


@check("precision_recall_f1", points=1, title="a negative count raises a ValueError")
def negative_counts(student):
    # A function that always raises, or never returns, does not pass.
    numbers_of(student.call("precision_recall_f1", 5, 2, 1), METRICS)
    for tp, fp, fn in ((-1, 5, 5), (8, -2, 5), (8, 5, -3), (4, -4, 0)):
        name, count = next((n, c) for n, c in zip(COUNTS, (tp, fp, fn), strict=False) if c < 0)
        why = f"{name} is {count} in `{metrics_call(tp, fp, fn)}`"
        expect_raises(student, "precision_recall_f1", (tp, fp, fn), kind="ValueError", why=why)


# --------------------------------------------------------------------------------------- per_class_metrics


def draw_matrix(seed: int, classes: int) -> np.ndarray:
    """Draw a matrix in which every row's sum differs from that column's, so that a mixed-up axis shows."""
    rng = np.random.default_rng(seed)
    while True:
        matrix = rng.integers(0, 8, (classes, classes)) + np.diag(rng.integers(10, 40, classes))
        if (np.abs(matrix.sum(axis=0) - matrix.sum(axis=1)) >= 2).all():
            return matrix


def records_of(value: Any, classes: int) -> list[dict]:
    """Return what came back, once it has the right form: a list with one dict for each class."""
    form = 'a list with one {"precision", "recall", "f1", "support"} for each class'
    expect(
        value is not None,
        f"your function returned None: did you forget `return`? Printing is not returning. Expected {form}.",
    )
    expect(not isinstance(value, dict), f"your function returned one dict; expected {form}.")
    expect_type(value, (list, tuple))
    expect(
        len(value) == classes,
        f"your function returned {len(value)} entries for a {classes} by {classes} matrix; expected {form}.",
    )
    for k, record in enumerate(value):
        expect_type(record, dict, f"entry {k} of the list")
        for key in (*METRICS, "support"):
            expect(key in record, f"the dictionary of class {k} has no {key!r}; its keys are {list(record)}.")
    return list(value)


def matrix_call(matrix: Any) -> str:
    """Write a call as the student would."""
    if isinstance(matrix, torch.Tensor):
        return f"per_class_metrics(tensor({matrix.tolist()}))"
    if isinstance(matrix, np.ndarray):
        return f"per_class_metrics(array({matrix.tolist()}))"
    return f"per_class_metrics({matrix})"


def class_references(matrix: Any) -> list[dict[str, float]]:
    """Return the right values of every class."""
    counts = np.asarray(matrix)
    result = []
    for k in range(len(counts)):
        tp, called, support = int(counts[k, k]), int(counts[:, k].sum()), int(counts[k].sum())
        values = reference_metrics(tp, called - tp, support - tp)
        result.append({**dict(zip(METRICS, values, strict=True)), "support": support})
    return result


@check("per_class_metrics", points=2, title="precision uses the columns and recall the rows")
def precision_and_recall_of_each_class(student):
    for seed, classes in ((71, 3), (72, 4), (73, 2)):
        matrix = draw_matrix(seed, classes)
        records = records_of(student.call("per_class_metrics", matrix), classes)
        accuracy = matrix.trace() / matrix.sum()
        for k, (record, want) in enumerate(zip(records, class_references(matrix), strict=True)):
            other = {"precision": "recall", "recall": "precision"}
            for name, line in (("precision", "column"), ("recall", "row")):
                known = {
                    f"That is the {other[name]} of this class: {name} divides by the sum of the {line}, "
                    "because rows are the truth.": want[other[name]],
                    "That is the accuracy; each class has values of its own.": accuracy,
                }
                expect_metric(record[name], want[name], f"{name} of class {k}", matrix_call(matrix), known)


@check("per_class_metrics", points=1, title="F1 of each class")
def f1_of_each_class(student):
    for seed, classes in ((74, 3), (75, 5)):
        matrix = draw_matrix(seed, classes)
        records = records_of(student.call("per_class_metrics", matrix), classes)
        wanted = class_references(matrix)
        macro = sum(want["f1"] for want in wanted) / classes
        for k, (record, want) in enumerate(zip(records, wanted, strict=True)):
            known = {
                "That is the arithmetic mean of precision and recall; F1 is the harmonic one.": (
                    want["precision"] + want["recall"]
                )
                / 2,
                "That is the mean over the classes; each class has an F1 of its own.": macro,
                "The factor 2 is missing.": want["f1"] / 2,
            }
            expect_metric(record["f1"], want["f1"], f"f1 of class {k}", matrix_call(matrix), known)


@check("per_class_metrics", points=1, title="support is how many cases of the class there really are")
def support_of_each_class(student):
    for seed, classes in ((76, 3), (77, 4)):
        matrix = draw_matrix(seed, classes)
        records = records_of(student.call("per_class_metrics", matrix), classes)
        for k, record in enumerate(records):
            called, found, everything = matrix[:, k].sum(), matrix[k, k], matrix.sum()
            known = {
                "You added up the column, the cases called this class; support adds up the row.": called,
                "That is only the diagonal, the cases that were found; support adds up the row.": found,
                "That is the number of all cases; support adds up one row.": everything,
            }
            what = f"support of class {k}"
            expect_metric(record["support"], matrix[k].sum(), what, matrix_call(matrix), known)


@check("per_class_metrics", points=1, title="0.0 for a class without cases, or without predictions")
def empty_rows_and_columns(student):
    matrices = (
        [[7, 2, 0], [3, 6, 0], [1, 4, 0]],  # class 2 is never predicted
        [[0, 0, 0], [2, 9, 1], [0, 5, 8]],  # class 0 has no cases
        [[4, 0, 1], [0, 0, 0], [2, 0, 6]],  # class 1 has neither
    )
    for rows in matrices:
        matrix = np.array(rows)
        records = records_of(student.call("per_class_metrics", matrix), 3)
        for k, (record, want) in enumerate(zip(records, class_references(matrix), strict=True)):
            for name in METRICS:
                what, call = f"{name} of class {k}", matrix_call(matrix)
                if want[name] == 0:
                    known = {"Where the denominator is 0, this course returns 0.0.": 1.0}
                    expect_metric(record[name], 0.0, what, call, known)
                else:
                    number = single_number(record[name])
                    fine = number is not None and number > 0
                    expect(
                        fine, f"`{call}`: {what} is {show(record[name])}; this class has no denominator of 0."
                    )


@check("per_class_metrics", points=1, title="lists and tensors of any size, left as they were")
def any_matrix(student):
    # Compared with the student's own result for an array, so that a wrong formula costs its points only once.
    for seed, classes, kind in ((78, 3, "lists"), (79, 6, "lists"), (80, 3, "tensor"), (81, 4, "tensor")):
        array = draw_matrix(seed, classes)
        wanted = records_of(student.call("per_class_metrics", array), classes)
        right = any(
            near(single_number(record[name]) or 0.0, want[name])
            for record, want in zip(wanted, class_references(array), strict=True)
            for name in (*METRICS, "support")
        )
        expect(
            right, f"`{matrix_call(array)}`: no metric of any class is right; this check needs one at least."
        )
        matrix = array.tolist() if kind == "lists" else torch.tensor(array)
        records = records_of(student.call("per_class_metrics", matrix), classes)
        expect_unchanged(student, "Build new values; do not write into the matrix.")
        for k, (record, want) in enumerate(zip(records, wanted, strict=True)):
            for name in (*METRICS, "support"):
                value = single_number(want[name])
                fine = value is not None and (name != "recall" or value > 0)
                expect(fine, f"{name} of class {k} is {show(want[name])}; expected a number above 0.")
                expect_metric(record[name], value, f"{name} of class {k}", matrix_call(matrix), {})

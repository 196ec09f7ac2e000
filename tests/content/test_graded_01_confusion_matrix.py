"""The graded questions of lesson 01, tried: cases counted one by one, code run, a bug mended."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from question_bench import (
    assert_prints,
    assert_tried,
    cases,
    graded,
    option,
    quoted,
    right_text,
    run,
    snippet,
    swapped,
    trap,
    views,
)
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning

QUESTIONS = graded("01_confusion_matrix")


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_name_the_error() -> None:
    # Ill is 1. Which of the four counts is 1 after one healthy person was called ill?
    counts = metrics.confusion_matrix([0], [1], labels=[0, 1]).ravel()
    names = ["true negative", "false positive", "false negative", "true positive"]
    grown = {name: bool(count) for name, count in zip(names, counts, strict=True)}
    assert {o.text: o.correct for o in QUESTIONS["name-the-error"].options} == grown


def test_precision_by_hand() -> None:
    for seen in views(QUESTIONS["precision-by-hand"]):
        truth, called = cases(**seen.values)
        assert float(seen.answer) == pytest.approx(metrics.precision_score(truth, called))
        assert trap(seen, "That is the recall") == pytest.approx(metrics.recall_score(truth, called))
        assert trap(seen, "That is the accuracy") == pytest.approx((truth == called).mean())
        assert trap(seen, "that are wrong") == pytest.approx((truth[called == 1] == 0).mean())
        assert trap(seen, "That is F1") == pytest.approx(metrics.f1_score(truth, called))


def test_read_the_layout() -> None:
    for seen in views(QUESTIONS["read-the-layout"]):
        truth, called = cases(**seen.values)
        printed, _ = run(seen.code or "", y_true=truth, y_pred=called)
        comment = [line[2:] for line in (seen.code or "").splitlines() if line.startswith("# ")]
        assert printed.splitlines() == comment
        missed, alarms = (truth == 1) & (called == 0), (truth == 0) & (called == 1)
        assert float(seen.answer) == missed.sum()
        assert trap(seen, "are the false alarms") == alarms.sum()
        # The same place in the matrix of someone who has the truth in the columns.
        assert trap(seen, "columns as the truth") == metrics.confusion_matrix(called, truth)[1, 0]
        assert trap(seen, "every mistake") == (truth != called).sum()
        matrix = metrics.confusion_matrix(truth, called)
        found, left_alone = (truth == 1) & (called == 1), (truth == 0) & (called == 0)
        assert trap(seen, "bottom right") == found.sum() == matrix[1, 1]
        assert trap(seen, "top left") == left_alone.sum() == matrix[0, 0]


def test_recall_question() -> None:
    question = QUESTIONS["recall-question"]
    truth, called = cases(tn=100, fp=30, fn=10, tp=60)
    answered = {
        "all images that show an 8": (called[truth == 1] == 1).mean(),
        "that the model called an 8, how": (truth[called == 1] == 1).mean(),
        "answer correctly": (called == truth).mean(),
        "do not show an 8": (called[truth == 0] == 0).mean(),
    }
    recall = metrics.recall_score(truth, called)
    for words, value in answered.items():
        assert option(question, words).correct == (value == pytest.approx(recall)), words
    named = {
        "That is precision": metrics.precision_score(truth, called),
        "That is accuracy": metrics.accuracy_score(truth, called),
        "specificity": metrics.recall_score(truth, called, pos_label=0),
    }
    for (words, value), (name, wanted) in zip(list(answered.items())[1:], named.items(), strict=True):
        assert name in option(question, words).why
        assert value == pytest.approx(wanted)


def test_f1_by_hand() -> None:
    for seen in views(QUESTIONS["f1-by-hand"]):
        truth, called = cases(**seen.values)
        f1 = metrics.f1_score(truth, called)
        assert float(seen.answer) == pytest.approx(f1)
        both = [metrics.precision_score(truth, called), metrics.recall_score(truth, called)]
        assert trap(seen, "arithmetic mean") == pytest.approx(np.mean(both))
        assert f1 - min(both) < max(both) - f1, "it stays near the smaller of the two"
        assert trap(seen, "half of F1") == pytest.approx(f1 / 2)
        assert trap(seen, "Jaccard") == pytest.approx(metrics.jaccard_score(truth, called))
        assert trap(seen, "accuracy") == pytest.approx(metrics.accuracy_score(truth, called))
        without_negatives = cases(**seen.values | {"tn": 0})
        assert metrics.f1_score(*without_negatives) == pytest.approx(f1)


def test_order_of_ravel() -> None:
    question = QUESTIONS["order-of-ravel"]
    for seen in views(question):
        assert_prints(seen)
    code = question.code or ""
    others = {
        "predictions in the rows": code.replace("(y_true, y_pred)", "(y_pred, y_true)"),
        "positive class first": code.replace("(y_true, y_pred)", "(y_true, y_pred, labels=[1, 0])"),
    }
    for words, changed in others.items():
        (told,) = [o for o in question.options if words in o.why]
        assert quoted(told.text) == run(changed)[0]
    _, known = snippet(question)
    truth, called = np.array(known["y_true"]), np.array(known["y_pred"])
    spoken = [((truth == t) & (called == c)).sum().item() for t, c in ((1, 1), (0, 1), (1, 0), (0, 0))]
    (told,) = [o for o in question.options if "That is TP, FP, FN, TN" in o.why]
    assert quoted(told.text) == str(spoken)


def test_swapped_arguments() -> None:
    question = QUESTIONS["swapped-arguments"]
    reported = {
        "accuracy": metrics.accuracy_score,
        "F1 of the positive class": metrics.f1_score,
        "precision of the positive class": metrics.precision_score,
        "recall of the positive class": metrics.recall_score,
        "support of the positive class, the number of real positives": (
            lambda truth, called: metrics.precision_recall_fscore_support(truth, called)[3][1]
        ),
    }
    chance = np.random.default_rng(0)
    same: dict[str, list[bool]] = {name: [] for name in reported}
    for _ in range(40):
        fn, more, tp, tn = chance.integers(1, 30, size=4)
        truth, called = cases(tn=tn, fp=fn + more, fn=fn, tp=tp)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            swapped = {name: metric(called, truth) for name, metric in reported.items()}
        for name, metric in reported.items():
            same[name].append(swapped[name] == pytest.approx(metric(truth, called)))
        precision, recall = list(reported)[2:4]
        assert swapped[precision] == pytest.approx(metrics.recall_score(truth, called))
        assert swapped[recall] == pytest.approx(metrics.precision_score(truth, called))
        assert list(swapped.values())[4] == called.sum() > truth.sum()
    # What is not right is wrong every time, not only sometimes.
    assert all(len(set(seen)) == 1 for seen in same.values())
    assert {o.text: o.correct for o in question.options} == {name: seen[0] for name, seen in same.items()}


def test_row_or_column() -> None:
    question = QUESTIONS["row-or-column"]
    # Class 2 is never predicted.
    matrix = [[30, 10, 0], [5, 15, 0], [2, 8, 0]]
    pairs = [(i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) for _ in range(n)]
    truth, called = np.array(pairs).T
    assert metrics.confusion_matrix(truth, called).tolist() == matrix
    with pytest.warns(UndefinedMetricWarning):
        precision = metrics.precision_score(truth, called, average=None)
    assert precision[2] == 0, "scikit-learn's default where the denominator is 0"

    def result(*changes: tuple[str, str]) -> Any:
        return run(swapped(question.code, *changes))[1]["precision_of_each_class"](matrix)

    assert result() == pytest.approx(metrics.recall_score(truth, called, average=None))
    assert result() != pytest.approx(precision)
    column = ("sum(matrix[k])", quoted(option(question, "sum of a column").why))
    assert right_text(question) == option(question, "sum of a column").text
    assert result(column) == pytest.approx(precision)

    diagonal = ("right = matrix[k][k]", "right = sum(matrix[i][i] for i in range(len(matrix)))")
    one = ("else 0.0", "else 1.0")
    mean = ("return result", "return sum(result) / len(result)")
    assert result(diagonal) != pytest.approx(precision)
    whole = ("sum(matrix[k])", "sum(map(sum, matrix))")
    assert result(diagonal, whole)[0] == pytest.approx(metrics.accuracy_score(truth, called))
    assert result(one) != pytest.approx(precision)
    assert result(column, mean) == pytest.approx(
        metrics.precision_score(truth, called, average="macro", zero_division=0)
    )


def test_rare_positives() -> None:
    for seen in views(QUESTIONS["rare-positives"]):
        v = seen.values

        def tested(ill: int, healthy: int, v: dict[str, Any] = v) -> tuple[np.ndarray, np.ndarray]:
            """A hundred times as many people, so that no part of a person is counted."""
            return cases(
                tp=ill * v["found"],
                fn=ill * (100 - v["found"]),
                fp=healthy * v["alarm"],
                tn=healthy * (100 - v["alarm"]),
            )

        truth, called = tested(v["ill"], 1000 - v["ill"])
        assert float(seen.answer) == pytest.approx(truth[called == 1].mean())
        assert trap(seen, "That is the recall") == pytest.approx(called[truth == 1].mean())
        assert trap(seen, "gets a negative result") == pytest.approx((called[truth == 0] == 0).mean())
        half, called_half = tested(500, 500)
        assert trap(seen, "as many ill people as healthy") == pytest.approx(half[called_half == 1].mean())
        assert trap(seen, "before the test") == pytest.approx(truth.mean())
        assert float(seen.answer) > truth.mean(), "a positive result makes it more likely"
        assert ((truth == 0) & called).sum() > ((truth == 1) & called).sum()


def test_lazy_model() -> None:
    question = QUESTIONS["lazy-model"]
    truth = ["dog"] * 90 + ["cat"] * 10
    called = ["dog"] * 100
    told: dict[str, Any] = {"zero_division": 0}
    values = {
        "accuracy": metrics.accuracy_score(truth, called),
        "weighted average of F1": metrics.f1_score(truth, called, average="weighted", **told),
        "macro average of F1": metrics.f1_score(truth, called, average="macro", **told),
        "macro average of recall": metrics.recall_score(truth, called, average="macro", **told),
        'recall of the class "cat"': metrics.recall_score(truth, called, pos_label="cat", **told),
    }
    assert [item.text for item in question.items] == sorted(values, key=lambda name: values[name])
    assert np.diff(sorted(values.values())).min() > 0.01
    f1 = metrics.f1_score(truth, called, pos_label="dog")
    assert f1 == pytest.approx(1.8 / 1.9) and f1 == pytest.approx(0.95, abs=0.005)
    assert values["weighted average of F1"] == pytest.approx(0.9 * f1)
    assert values["weighted average of F1"] == pytest.approx(0.85, abs=0.005)
    assert metrics.precision_score(truth, called, pos_label="dog") == pytest.approx(0.9)
    assert values["macro average of recall"] == 0.5
    assert metrics.recall_score(truth, called, average="weighted") == pytest.approx(values["accuracy"])

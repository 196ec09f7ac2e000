"""Every statement that lesson 01 makes about results, asserted over several seeds or random draws."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from effect_rows import assert_shown
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score
from torchvision.models import get_model

import headstart.models  # noqa: F401  (makes glyphnet known to torchvision)
from headstart.data import Digits

pytestmark = pytest.mark.claims

SEEDS = (0, 1, 2, 3)
COURSE = Path(__file__).resolve().parents[2] / "course" / "01_confusion_matrix"


@dataclass(frozen=True)
class Run:
    """What the lesson's model says about the test digits of one seed."""

    labels: np.ndarray
    predicted: np.ndarray

    @property
    def y_true(self) -> np.ndarray:
        """Whether each digit is an 8."""
        return self.labels == 8

    @property
    def y_pred(self) -> np.ndarray:
        """Whether each digit is called an 8."""
        return self.predicted == 8

    @property
    def fp(self) -> int:
        """How many digits are wrongly called an 8."""
        return int((self.y_pred & ~self.y_true).sum())

    @property
    def fn(self) -> int:
        """How many 8s are missed."""
        return int((~self.y_pred & self.y_true).sum())


@cache
def trained_runs() -> tuple[Run, ...]:
    """Train the lesson's head on 50 digits, once for each seed."""
    backbone = get_model("glyphnet", weights="DEFAULT").eval()
    backbone.fc = torch.nn.Identity()
    result = []
    for seed in SEEDS:
        images, labels = Digits("train", size=50, seed=seed).tensors()
        test_images, test_labels = Digits("test", seed=seed).tensors()
        with torch.no_grad():
            features, test_features = backbone(images), backbone(test_images)
        torch.manual_seed(0)
        head = torch.nn.Linear(128, 10)
        optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
        for _ in range(100):
            loss = torch.nn.functional.cross_entropy(head(features), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        result.append(Run(test_labels.numpy(), head(test_features).argmax(dim=1).numpy()))
    return tuple(result)


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """The lesson's head, trained once for each seed."""
    return list(trained_runs())


def measure() -> dict[str, list[float]]:
    """Return the effects that the lesson speaks of: name with unit, one value a seed."""
    effects: dict[str, list[float]] = {
        "accuracy over ten digits after 50 images, %": [],
        "gain in accuracy when the question is '8 or not', points": [],
        "majority baseline of '8 or not', %": [],
        "loss of precision when 8s are ten times rarer, points": [],
    }
    for run in trained_runs():
        over_ten = accuracy_score(run.labels, run.predicted)
        eights = int(run.y_true.sum())
        found = eights - run.fn
        precision, rarer = found / (found + run.fp), found / 10 / (found / 10 + run.fp)
        values = (
            over_ten,
            accuracy_score(run.y_true, run.y_pred) - over_ten,
            1 - run.y_true.mean(),
            precision - rarer,
        )
        for name, value in zip(effects, values, strict=True):
            effects[name].append(100 * float(value))
    return effects


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


@pytest.fixture(scope="module")
def matrices() -> list[np.ndarray]:
    """Random confusion matrices of several sizes, no row and no column empty."""
    rng = np.random.default_rng(0)
    return [rng.integers(1, 60, (size, size)) for size in (2, 2, 3, 4, 10)]


def cases(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and predictions that give `matrix`, rows true."""
    rows, columns = np.indices(matrix.shape)
    return np.repeat(rows.ravel(), matrix.ravel()), np.repeat(columns.ravel(), matrix.ravel())


def metrics(tp: int, fp: int, fn: int, tn: int) -> dict[str, float]:
    """The lesson's `four_scores`."""
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    f1 = 2 * precision * recall / (precision + recall)
    return {"accuracy": (tp + tn) / (tp + fp + fn + tn), "precision": precision, "recall": recall, "f1": f1}


# ------------------------------------------------------------------------------------------- the live model


def test_a_handful_of_digits_is_enough_to_read_most(runs: list[Run]) -> None:
    assert all(accuracy_score(run.labels, run.predicted) > 0.85 for run in runs)


def test_both_kinds_of_mistake_happen(runs: list[Run]) -> None:
    assert all(run.fp >= 1 and run.fn >= 1 for run in runs)


def test_the_yes_or_no_question_is_easier(runs: list[Run]) -> None:
    for run in runs:
        assert accuracy_score(run.y_true, run.y_pred) > accuracy_score(run.labels, run.predicted)


def test_the_lazy_model_is_often_right_and_finds_nothing(runs: list[Run]) -> None:
    for run in runs:
        lazy = np.zeros_like(run.y_true)
        accuracy = accuracy_score(run.y_true, lazy)
        assert accuracy > 0.9
        assert recall_score(run.y_true, lazy) == 0
        assert recall_score(run.y_true, lazy, average="weighted") == pytest.approx(accuracy)
        assert recall_score(run.y_true, lazy, average="macro") == pytest.approx(0.5)


def test_swapped_arguments_swap_precision_and_recall_in_silence(runs: list[Run]) -> None:
    for run in runs:
        truth, answer = run.y_true, run.y_pred
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert precision_score(answer, truth) == recall_score(truth, answer)
            assert recall_score(answer, truth) == precision_score(truth, answer)
            assert f1_score(answer, truth) == pytest.approx(f1_score(truth, answer))
            assert accuracy_score(answer, truth) == accuracy_score(truth, answer)
        if run.fp != run.fn:
            assert precision_score(answer, truth) != precision_score(truth, answer)
    assert any(run.fp != run.fn for run in runs)


def test_sums_along_the_true_axis_are_the_real_counts(runs: list[Run]) -> None:
    for run in runs:
        matrix = confusion_matrix(run.y_true, run.y_pred)
        (tn, fp), (fn, tp) = matrix
        assert matrix.sum(axis=1).tolist() == np.bincount(run.y_true).tolist()
        assert (int(fp), int(fn)) == (run.fp, run.fn)
        assert matrix.T.tolist() == [[tn, fn], [fp, tp]]


def test_micro_averages_are_the_accuracy(runs: list[Run]) -> None:
    for run in runs:
        accuracy = accuracy_score(run.labels, run.predicted)
        for score in (precision_score, recall_score, f1_score):
            assert score(run.labels, run.predicted, average="micro") == pytest.approx(accuracy)
        # Every mistake is a false positive for one class and a false negative for another.
        matrix = confusion_matrix(run.labels, run.predicted)
        mistakes = matrix.sum() - matrix.trace()
        assert (matrix.sum(axis=0) - matrix.diagonal()).sum() == mistakes
        assert (matrix.sum(axis=1) - matrix.diagonal()).sum() == mistakes


def test_precision_falls_and_recall_stays_where_positives_are_rare(runs: list[Run]) -> None:
    falls = []
    for seed, run in zip(SEEDS, runs, strict=True):
        rng = np.random.default_rng(seed)
        eights = np.flatnonzero(run.y_true)
        few = len(eights) // 10
        found = np.array([run.y_pred[rng.choice(eights, few, replace=False)].sum() for _ in range(200)])
        falls.append(precision_score(run.y_true, run.y_pred) - (found / (found + run.fp)).mean())
        assert (found / few).mean() == pytest.approx(recall_score(run.y_true, run.y_pred), abs=0.03)
        others = int((~run.y_true).sum())
        assert others / (others + few) > others / len(run.labels), "the majority baseline rises"
    assert min(falls) > 0.05
    assert np.mean(falls) > 0.2


# ------------------------------------------------------------------------------------------ the arithmetic


def test_the_twins() -> None:
    first, second = metrics(85, 10, 15, 90), metrics(85, 15, 10, 90)
    assert first["accuracy"] == second["accuracy"] == 0.875
    assert (round(first["precision"], 3), round(first["recall"], 3)) == (0.895, 0.85)
    assert (round(second["precision"], 3), round(second["recall"], 3)) == (0.85, 0.895)
    assert round(first["f1"], 3) == round(second["f1"], 3) == 0.872


def test_exchanging_fp_and_fn_leaves_accuracy_and_f1(matrices: list[np.ndarray]) -> None:
    for matrix in matrices[:2]:
        (tn, fp), (fn, tp) = matrix.tolist()
        one, other = metrics(tp, fp, fn, tn), metrics(tp, fn, fp, tn)
        assert one["accuracy"] == other["accuracy"]
        assert one["f1"] == pytest.approx(other["f1"])
        assert (one["precision"], one["recall"]) == (other["recall"], other["precision"])


def test_f1_stays_near_the_smaller_of_the_two(matrices: list[np.ndarray]) -> None:
    for matrix in matrices[:2]:
        (tn, fp), (fn, tp) = matrix.tolist()
        values = metrics(tp, fp, fn, tn)
        low, high = sorted((values["precision"], values["recall"]))
        assert low <= values["f1"] <= (low + high) / 2


def test_cats_and_dogs() -> None:
    values = metrics(tp=40, fp=10, fn=5, tn=45)
    assert values["precision"] == 0.8
    assert round(values["recall"], 3) == 0.889


def test_three_classes() -> None:
    truth, answer = cases(np.array([[50, 5, 0], [3, 45, 2], [1, 4, 40]]))
    precision = precision_score(truth, answer, average=None)
    recall = recall_score(truth, answer, average=None)
    assert np.argsort(-precision).tolist() == [2, 0, 1], "the order of the practice question: C, A, B"
    assert np.argsort(-recall).tolist() == [0, 1, 2], "read along the rows: A, B, C"
    assert precision == pytest.approx([50 / 54, 45 / 54, 40 / 42])
    assert recall == pytest.approx([50 / 55, 45 / 50, 40 / 45])


def test_weighted_recall_is_the_accuracy(matrices: list[np.ndarray]) -> None:
    for matrix in matrices:
        truth, answer = cases(matrix)
        weighted = recall_score(truth, answer, average="weighted")
        assert weighted == pytest.approx(accuracy_score(truth, answer))


def test_zero_divided_by_zero_three_times() -> None:
    with pytest.raises(ZeroDivisionError):
        metrics(tp=0, fp=0, fn=7, tn=70)
    assert torch.isnan(torch.tensor(0) / torch.tensor(0))
    with pytest.warns(UndefinedMetricWarning, match="no predicted samples"):
        assert precision_score([1, 0, 0], [0, 0, 0]) == 0.0


def test_the_three_tasks_of_the_explorer(matrices: list[np.ndarray]) -> None:
    for matrix in matrices[:2]:
        (tn, fp), (fn, tp) = matrix.tolist()
        less, more = metrics(tp, fp, fn, tn), metrics(tp, fp, fn, tn + 100)
        assert {name for name in less if less[name] != more[name]} == {"accuracy"}
    values = metrics(tp=1, fp=0, fn=9, tn=190)
    assert values["accuracy"] > 0.9
    assert values["recall"] < 0.2


# ------------------------------------------------------------------------------------------- the questions


def test_answers_of_the_questions_without_drawn_numbers() -> None:
    y_true = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    y_pred = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    assert confusion_matrix(y_true, y_pred).ravel().tolist() == [4, 2, 1, 3]

    dogs, lazy = np.array([1] * 90 + [0] * 10), np.ones(100, dtype=int)
    in_order = [
        recall_score(dogs, lazy, pos_label=0),
        f1_score(dogs, lazy, average="macro"),
        recall_score(dogs, lazy, average="macro"),
        f1_score(dogs, lazy, average="weighted"),
        accuracy_score(dogs, lazy),
    ]
    assert (np.diff(in_order) > 0.02).all()


def test_no_likely_wrong_number_comes_near_the_right_one_or_another() -> None:
    from autograder.build.quiz_file import load_quiz
    from headstart.questions.draw import instance

    quiz = load_quiz(COURSE / "quiz.yaml")
    numeric = [question for question in (*quiz.questions, *quiz.practice) if question.kind == "numeric"]
    assert len(numeric) >= 5
    for question in numeric:
        for number in range(100):
            seen = instance(question, f"learner-{number}")
            values = [float(seen.answer), *(value for value, _ in seen.traps)]
            gaps = np.diff(sorted(values))
            assert gaps.min() > 2 * question.tolerance, (question.id, seen.values)

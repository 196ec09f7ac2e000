"""The graded questions of lesson 02, tried: useless models measured, shares searched for, a sampler run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
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
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

QUESTIONS = graded("02_accuracy_paradox")


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def possible(positives: int, n: int, accuracy: float, recall: float) -> bool:
    """Tell whether a detector of `n` cases can have both numbers, counting whole cases."""
    mistakes, found = round(n * (1 - accuracy)), positives * recall
    misses = positives - round(found)
    return abs(found - round(found)) < 1e-9 and 0 <= mistakes - misses <= n - positives


def test_fit_for_production() -> None:
    question = QUESTIONS["fit-for-production"]
    n = 1_000_000
    counts = [frauds for frauds in range(25, n, 25) if possible(frauds, n, accuracy=0.98, recall=0.12)]
    # It is possible from next to no fraud up to that share, without a gap.
    assert counts == list(range(25, counts[-1] + 1, 25))
    assert counts[-1] / n == pytest.approx(0.02 / 0.88, abs=25 / n)
    assert 0.0225 < counts[-1] / n < 0.0235
    impossible = option(question, "That cannot be")
    assert not impossible.correct and "0.02 / 0.88, about 2.3 %" in impossible.why

    # A bank with half as much fraud as that.
    fraud, mistakes = 11_350, 20_000
    tp = round(0.12 * fraud)
    fp = mistakes - (fraud - tp)
    truth, alarm = cases(tn=n - fraud - fp, fp=fp, fn=fraud - tp, tp=tp)
    assert metrics.accuracy_score(truth, alarm) == pytest.approx(0.98)
    assert alarm[truth == 1].mean() == pytest.approx(0.12)
    right = option(question, "No. It misses")
    assert right_text(question) == right.text
    assert (alarm[truth == 1] == 0).mean() == pytest.approx(0.88) and "misses 88 %" in right.text
    assert "88 % is among them" in option(question, "Only 2 %").why

    balanced = np.r_[np.flatnonzero(truth), np.flatnonzero(truth == 0)[: truth.sum()]]
    found = metrics.recall_score(truth[balanced], alarm[balanced])
    assert found == pytest.approx(0.12)
    assert metrics.accuracy_score(truth[balanced], alarm[balanced]) > found + 0.3
    never = metrics.accuracy_score([1] + [0] * 999, [0] * 1000)
    assert "reaches 99.9 %" in option(question, "above 99 %").why and never == 0.999


def test_majority_baseline() -> None:
    for seen in views(QUESTIONS["majority-baseline"]):
        labels = np.repeat(["dog", "cat", "bird"], [seen.values[name] for name in ("dogs", "cats", "birds")])
        pictures = np.zeros((len(labels), 1))
        baseline = DummyClassifier(strategy="most_frequent").fit(pictures, labels)
        assert set(baseline.predict(pictures)) == {"dog"}
        assert float(seen.answer) == pytest.approx(baseline.score(pictures, labels))
        guesses = np.random.default_rng(0).choice(["dog", "cat", "bird"], size=(1000, len(labels)))
        assert trap(seen, "guessing at random") == pytest.approx((guesses == labels).mean(), abs=0.01)
        assert trap(seen, "not a bird") == pytest.approx((labels != "bird").mean())
        assert trap(seen, "is wrong.") == pytest.approx((labels != "dog").mean())
        without = labels[labels != "bird"]
        assert trap(seen, "birds are missing") == pytest.approx((without == "dog").mean())


def test_constant_answers() -> None:
    question = QUESTIONS["constant-answers"]
    for seen in views(question):
        assert_prints(seen)
    _, known = snippet(question)
    accuracy = metrics.accuracy_score(known["y_true"], known["y_pred"])
    assert quoted(next(o.text for o in question.options if "That is the accuracy" in o.why)) == f"{accuracy}"
    two = (question.code or "").replace('"c"', '"b"').replace('"d"', '"b"')
    assert quoted(next(o.text for o in question.options if "two classes" in o.why)) == run(two)[0]


def test_lazy_revealed() -> None:
    question = QUESTIONS["lazy-revealed"]
    # What each number is for the lazy model, as its reason says, and how it is measured.
    measured: dict[str, tuple[str, Callable[..., float]]] = {
        "recall of the positive class": (
            "It is 0.",
            lambda y, answer, score: metrics.recall_score(y, answer),
        ),
        "balanced accuracy": (
            "It is 0.5,",
            lambda y, answer, score: metrics.balanced_accuracy_score(y, answer),
        ),
        "ROC-AUC": ("It is 0.5,", lambda y, answer, score: metrics.roc_auc_score(y, score)),
        "accuracy": ("It is 0.97,", lambda y, answer, score: metrics.accuracy_score(y, answer)),
        "weighted average of recall": (
            "the accuracy, 0.97,",
            lambda y, answer, score: metrics.recall_score(y, answer, average="weighted"),
        ),
    }
    assert [o.text for o in question.options] == list(measured)
    lazy = cases(tn=970, fp=0, fn=30, tp=0)
    # A useful model finds 27 of 30 with 27 false alarms. It makes as many mistakes in all as the lazy one.
    useful = cases(tn=943, fp=27, fn=3, tp=27)
    for told, (said, metric) in zip(question.options, measured.values(), strict=True):
        value, better = metric(*lazy, np.zeros(1000)), metric(*useful, useful[1])
        assert told.correct == (better > value + 0.3), told.text
        assert said in told.why and value == pytest.approx(float(re.findall(r"0(?:\.\d+)?", said)[0]))


def test_largest_prevalence() -> None:
    n = 1_000_000
    for seen in views(QUESTIONS["largest-prevalence"]):
        accuracy, recall = seen.values["accuracy"] / 100, seen.values["recall"] / 100

        def largest(accuracy: float, recall: float) -> float:
            """Return the largest share of ill people, in per cent, for which there is a table of counts."""
            ill = max(ill for ill in range(0, n + 1, 100) if possible(ill, n, accuracy, recall))
            return 100 * ill / n

        assert float(seen.answer) == pytest.approx(largest(accuracy, recall), abs=0.02)
        assert trap(seen, "if every ill person were missed") == pytest.approx(largest(accuracy, 0))
        # The missed people, if the share of mistakes were the share of the ill.
        ill = n * (1 - accuracy)
        assert trap(seen, "multiplied") == pytest.approx(100 * (ill - recall * ill) / n)
        # With the parts exchanged: as if the found people were the mistakes.
        assert trap(seen, "the share that is found") == pytest.approx(largest(accuracy, 1 - recall), abs=0.02)


def test_sampler_of_classes() -> None:
    question = QUESTIONS["sampler-of-classes"]
    torch.manual_seed(0)
    labels = torch.tensor([0] * 4000 + [1] * 800 + [2] * 200)[torch.randperm(5000)]
    images = torch.randn(5000, 40)
    images[torch.arange(5000), labels] += 3
    names: dict[str, Any] = {
        "torch": torch,
        "labels": labels,
        "dataset": TensorDataset(torch.arange(5000)),
        "DataLoader": DataLoader,
        "WeightedRandomSampler": WeightedRandomSampler,
    }

    def drawn(*changes: tuple[str, str]) -> torch.Tensor:
        """Return the places of the images that the loader gives in one epoch."""
        torch.manual_seed(1)
        _, known = run(swapped(question.code, *changes), **names)
        return torch.cat([batch for (batch,) in known["loader"]])

    def recall_after_training(places: torch.Tensor, weight: torch.Tensor | None = None) -> float:
        """Train one layer on the drawn images; return its mean recall on all images."""
        torch.manual_seed(0)
        head = torch.nn.Linear(40, 3)
        optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
        for batch in places.split(32):
            optimizer.zero_grad()
            cross_entropy(head(images[batch]), labels[batch], weight=weight).backward()
            optimizer.step()
        return metrics.balanced_accuracy_score(labels, head(images).argmax(1))

    first_three = drawn()
    assert set(first_three.tolist()) == {0, 1, 2}
    by_image = ("WeightedRandomSampler(weights,", "WeightedRandomSampler(weights[labels],")
    assert right_text(question) == option(question, "`weights[labels]`").text
    mended = drawn(by_image)
    assert len(set(mended.tolist())) > 1000
    shares = labels[mended].bincount() / len(mended)
    assert shares.tolist() == pytest.approx([1 / 3] * 3, abs=0.03)
    assert recall_after_training(first_three) < 0.55 and recall_after_training(mended) > 0.85

    relative = ("sampler =", "weights = weights / weights.sum()\nsampler =")
    assert torch.equal(drawn(relative), first_three)
    assert (labels[drawn(by_image, relative)].bincount() / 5000).tolist() == pytest.approx(
        [1 / 3] * 3, abs=0.03
    )
    shuffled = ("sampler=sampler", "sampler=sampler, shuffle=True")
    with pytest.raises(ValueError, match="mutually exclusive"):
        drawn(shuffled)
    assert "raises a `ValueError`" in option(question, "`shuffle=True`").why
    one_batch = drawn(("num_samples=len(labels)", "num_samples=32"))
    assert len(one_batch) == 32 and set(one_batch.tolist()) <= {0, 1, 2}

    weights = len(labels) / (3 * torch.bincount(labels))
    assert recall_after_training(first_three, weights) < 0.55
    # Twice counted: in a loss with the weights as well, the rare class has far more than a third.
    felt = labels[mended].bincount() * weights
    assert felt[2] / felt.sum() > 0.7


def test_rarer_positives() -> None:
    question = QUESTIONS["rarer-positives"]
    chance = np.random.default_rng(0)
    negatives, positives = chance.normal(0, 1, 20_000), chance.normal(1.5, 1, 20_000)
    areas, curves = [], []
    for rare in (positives[:10_000], positives[-1000:]):
        truth, scores = np.repeat([0, 1], [len(negatives), len(rare)]), np.r_[negatives, rare]
        areas.append([metrics.roc_auc_score(truth, scores), metrics.average_precision_score(truth, scores)])
    (roc, pr), (rarer_roc, rarer_pr) = areas
    stays = {"ROC-AUC": abs(rarer_roc - roc) < 0.02, "PR-AUC": abs(rarer_pr - pr) < 0.02}
    assert rarer_pr < pr - 0.2
    happens = {
        "ROC-AUC stays about the same, and PR-AUC falls": stays == {"ROC-AUC": True, "PR-AUC": False},
        "PR-AUC stays about the same, and ROC-AUC falls": stays == {"ROC-AUC": False, "PR-AUC": True},
        "Both fall": not any(stays.values()),
        "Both stay": all(stays.values()),
    }
    assert [option(question, words).correct for words in happens] == list(happens.values())

    # The same positives, each counted for a tenth: precision falls wherever there is a false alarm.
    for share in (1, 0.1):
        above = [
            (share * (positives >= t).sum(), (negatives >= t).sum())
            for t in np.linspace(-2, positives.max(), 60)
        ]
        curves.append([(tp / (tp + fp), fp) for tp, fp in above])
    pairs = [(many, few, fp) for (many, fp), (few, _) in zip(*curves, strict=True)]
    assert {fp > 0 for *_, fp in pairs} == {True, False}
    assert all((few < many) == (fp > 0) for many, few, fp in pairs)


def test_lazy_order() -> None:
    question = QUESTIONS["lazy-order"]
    truth, called = cases(tn=95, fp=0, fn=5, tp=0)
    values = {
        "accuracy": metrics.accuracy_score(truth, called),
        "balanced accuracy": metrics.balanced_accuracy_score(truth, called),
        "F1 of the positive class": metrics.f1_score(truth, called),
        "PR-AUC": metrics.average_precision_score(truth, np.zeros(100)),
        "recall of the negative class": metrics.recall_score(truth, called, pos_label=0),
    }
    assert [item.text for item in question.items] == sorted(values, key=lambda name: values[name])
    assert [values[item.text] for item in question.items] == pytest.approx([0, 0.05, 0.5, 0.95, 1])


def test_alarms_that_are_right() -> None:
    for seen in views(QUESTIONS["alarms-that-are-right"]):
        fraud, recall = seen.values["fraud"], seen.values["recall"]
        found = next(tp for tp in range(fraud + 1) if 100 * tp == recall * fraud)

        def table(fp: int, fraud: int = fraud, found: int = found) -> tuple[np.ndarray, np.ndarray]:
            return cases(tn=10_000 - fraud - fp, fp=fp, fn=fraud - found, tp=found)

        def right(fp: int, table: Any = table) -> int:
            truth, alarm = table(fp)
            return int((truth == alarm).sum())

        # The count of false alarms with which the accuracy comes out.
        (fp,) = [fp for fp in range(1000) if right(fp) == 100 * seen.values["accuracy"]]
        truth, alarm = table(fp)
        assert float(seen.answer) == pytest.approx(metrics.precision_score(truth, alarm))
        assert trap(seen, "That is the recall") == pytest.approx(metrics.recall_score(truth, alarm))
        assert trap(seen, "That is the accuracy") == pytest.approx(metrics.accuracy_score(truth, alarm))
        assert alarm.mean() < 0.5, "most payments give no alarm"
        mistakes = int((truth != alarm).sum())
        assert trap(seen, f"all {mistakes} mistakes") == pytest.approx(
            metrics.precision_score(*table(mistakes))
        )
        assert f" {((truth == 1) & (alarm == 0)).sum()} of them are missed fraud" in seen.traps[2][1]
        assert trap(seen, "before the alarm") == pytest.approx(truth.mean())


def test_what_a_threshold_moves() -> None:
    question = QUESTIONS["what-a-threshold-moves"]
    measured: dict[str, Callable[[np.ndarray, np.ndarray, float], float]] = {
        "precision": lambda y, s, line: metrics.precision_score(y, s >= line),
        "accuracy": lambda y, s, line: metrics.accuracy_score(y, s >= line),
        "balanced accuracy": lambda y, s, line: metrics.balanced_accuracy_score(y, s >= line),
        "ROC-AUC": lambda y, s, line: metrics.roc_auc_score(y, s),
        "PR-AUC": lambda y, s, line: metrics.average_precision_score(y, s),
        "the mean score": lambda y, s, line: s.mean(),
    }
    moved: dict[str, list[float]] = {name: [] for name in measured}
    chance = np.random.default_rng(0)
    for share in (0.05, 0.2, 0.6, 0.8) * 5:
        x = chance.normal(size=(500, 3))
        y = (chance.random(500) < share).astype(int)
        x[:, 0] += 1.2 * y
        # Scores of a model that was trained where positives are rare: most of them are below 0.5.
        scores = 1 / (1 + np.exp(2.5 - 1.2 * x[:, 0]))
        assert (scores[y == 1] >= 0.1).sum() > 2 * (scores[y == 1] >= 0.5).sum() > 0
        for name, metric in measured.items():
            moved[name].append(metric(y, scores, 0.1) - metric(y, scores, 0.5))
    assert {o.text: o.correct for o in question.options} == {name: any(seen) for name, seen in moved.items()}
    assert np.mean(np.array(moved["precision"]) < 0) > 0.7, "usually a smaller share is right"
    assert min(moved["accuracy"]) < 0 < max(moved["accuracy"]), "accuracy may fall or rise"

    rare = (x[:, 0] + chance.normal(size=500) > 2.5).astype(int)
    means = [
        LogisticRegression(class_weight=weight).fit(x, rare).predict_proba(x)[:, 1].mean()
        for weight in (None, "balanced")
    ]
    assert means[1] > means[0] + 0.1, "class weights in training change the scores"

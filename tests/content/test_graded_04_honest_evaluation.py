"""The graded questions of lesson 04, tried: cases counted, luck simulated, leaks made and closed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import (
    assert_prints,
    assert_tried,
    graded,
    mended,
    quoted,
    right_text,
    run,
    snippet,
    views,
    wilson,
)
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupShuffleSplit, train_test_split

QUESTIONS = graded("04_honest_evaluation")


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_which_set() -> None:
    # 30 epochs, all equally good: right on 80 % of all images. The first 100 images choose.
    chance = np.random.default_rng(0)
    excess: dict[str, list[float]] = {"test": [], "stratified test": [], "validation": []}
    for seed in range(200):
        right, labels = chance.random((30, 200)) < 0.8, np.repeat([0, 1], 100)
        plain, stratified = (
            train_test_split(np.arange(200), test_size=100, stratify=strata, random_state=seed)
            for strata in (None, labels)
        )
        for name, looked_at, reported in (
            ("test", plain[1], plain[1]),
            ("stratified test", stratified[1], stratified[1]),
            ("validation", plain[0], plain[1]),
        ):
            epoch = right[:, looked_at].mean(1).argmax()
            excess[name].append(right[epoch, reported].mean() - 0.8)
    assert np.mean(excess["test"]) > 0.06 and np.mean(excess["stratified test"]) > 0.06
    assert abs(np.mean(excess["validation"])) < 0.01
    assert right_text(QUESTIONS["which-set"]) == "on the validation set"


def test_inflation() -> None:
    for seen in views(QUESTIONS["inflation"]):
        v = seen.values
        reported, fresh = (
            [True] * v[right] + [False] * (v[n] - v[right])
            for right, n in (("right", "n"), ("good", "later"))
        )
        share, true = (accuracy_score([True] * len(cases), cases) for cases in (reported, fresh))
        assert float(seen.answer) == pytest.approx(100 * np.subtract(share, true))
        pooled = 100 * np.mean(reported + fresh)
        relative = 100 * (share - true) / true
        assert [value for value, _ in seen.traps] == pytest.approx([relative, 100 * (true - share), pooled])


def test_bytes() -> None:
    question = QUESTIONS["bytes"]
    for seen in views(question):
        assert_prints(seen)
    # The mistakes: a list that keeps equal images, 0.999 taken for 1, objects compared.
    prints = {quoted(option.text) for option in question.options}
    fingerprints = "{image.numpy().tobytes() for image in train}"
    listed = mended(question.code, fingerprints, f"[{fingerprints[1:-1]}]")
    objects = mended(question.code, fingerprints, "set(train)")
    mistakes = {
        "3 1": listed,
        "2 2": mended(question.code, "0.999", "1"),
        "3 0": mended(objects, "image.numpy().tobytes() in", "image in"),
    }
    for printed, mistake in mistakes.items():
        assert printed in prints and run(mistake)[0] == printed
    _, known = snippet(question)
    assert known["test"][0].equal(known["train"][1]) and known["train"][0].equal(known["train"][2])
    assert known["test"][1].allclose(torch.ones(()), atol=0.01)


def test_grouped_which() -> None:
    chance = np.random.default_rng(0)
    patient = np.concatenate([np.arange(120), chance.integers(0, 120, 780)])
    diagnosis = chance.integers(0, 2, 900)
    everything = np.arange(900)

    def shared(test: np.ndarray) -> float:
        """Return the share of the test set's patients who are in the training set too."""
        train = np.setdiff1d(everything, test)
        return np.isin(np.unique(patient[test]), patient[train]).mean()

    by_patient = GroupShuffleSplit(1, test_size=0.2, random_state=0).split(everything, groups=patient)
    assert shared(next(by_patient)[1]) == 0
    assert right_text(QUESTIONS["grouped-which"]).startswith("by patient")
    for strata in (None, diagnosis):
        assert shared(train_test_split(everything, test_size=0.2, stratify=strata, random_state=0)[1]) > 0.95
    # In the order of the files: one patient at most is cut where files are sorted, many where they are not.
    assert shared(np.argsort(patient, kind="stable")[720:]) <= 1 / 20
    assert shared(everything[720:]) > 0.9


def test_all_right() -> None:
    for seen in views(QUESTIONS["all-right"]):
        n = seen.values["n"]
        assert float(seen.answer) == pytest.approx(100 * wilson(n, n)[0], abs=0.001)
        # The textbook's rule, with the spread measured on the images themselves.
        right = np.ones(n)
        ends = [right.mean() + sign * 1.96 * right.std() / n**0.5 for sign in (-1, 1)]
        textbook, plain_z, subtracted, spread_of_one = (value for value, _ in seen.traps)
        assert [100 * end for end in ends] == [textbook, textbook]
        assert plain_z / 100 * (n + 1.96) == pytest.approx(n)
        assert 1 - subtracted / 100 == pytest.approx(1.96**2 / n)
        assert (1 - spread_of_one / 100) / 1.96 == pytest.approx((1 / n) ** 0.5)


def test_order() -> None:
    """Toy steps, run in every order: one order has all that it needs and trains on augmented photos."""
    photos = [(camera, number) for camera in range(40) for number in range(3)]
    steps = [
        "train, val, test = ([p for p in photos if p[0] % 4 in on] for on in ((0, 1), (2,), (3,)))",
        "train = [p for p in train for _ in range(5)]",
        "heads = [(rate, len(train)) for rate in (1, 2, 3)]",
        "best = max(heads, key=lambda head: head[0] * len(val))",
        "score = best[0] * len(test); assert best[1] == 300",
    ]
    starts = ["Split", "Augment", "Train", "Choose", "Compute"]
    items = QUESTIONS["order"].items
    assert [item.text.split()[0] for item in items] == starts
    honest = []
    for order in permutations(range(5)):
        try:
            run("\n".join(steps[place] for place in order), photos=photos)
        except (NameError, AssertionError):
            continue
        honest.append(order)
    assert honest == [tuple(range(5))]


def train_head(x: torch.Tensor, y: torch.Tensor) -> LogisticRegression:
    """Stands for the lesson's head, which is trained for 100 steps only: hence the small C."""
    return LogisticRegression(C=0.1).fit(x, y)


def mean_on_noise(code: str) -> float:
    """Return the mean of what `code` prints for 20 draws of noise and coin tosses."""
    names: dict[str, Any] = {"torch": torch, "train_head": train_head, "split": train_test_split}
    names["score"] = lambda head, x, y: 100 * head.score(x, y)
    scores = []
    for seed in range(20):
        torch.manual_seed(seed)
        noise, tosses = torch.randn(80, 1000), torch.randint(2, (80,))
        scores.append(float(run(code, x=noise, y=tosses, **names)[0]))
    return float(np.mean(scores))


def test_selection_bug() -> None:
    question = QUESTIONS["selection-bug"]
    code = question.code or ""
    leaking = mean_on_noise(code)
    assert leaking == pytest.approx(85, abs=2)

    gap, select, split, *rest = code.splitlines()
    on_training = gap.replace("x[y == 1]", "x[train][y[train] == 1]").replace(
        "x[y == 0]", "x[train][y[train] == 0]"
    )
    assert mean_on_noise("\n".join((split, on_training, select, *rest))) == pytest.approx(50, abs=3)
    assert right_text(question).startswith("Line 1")

    fewer = mean_on_noise(mended(code, "topk(20)", "topk(5)"))
    assert 65 < fewer < 80
    stratified = mended(
        code,
        "torch.randperm(80).split([40, 40])",
        "split(torch.arange(80), test_size=40, stratify=y, random_state=0)",
    )
    assert mean_on_noise(stratified) == pytest.approx(leaking, abs=3)
    scaled = mended(code, "head = train", "x = (x - x[train].mean(0)) / x[train].std(0)\nhead = train")
    assert mean_on_noise(scaled) == pytest.approx(leaking, abs=1)
    # "Luck": how rare it is that 40 coins show 34 or more heads.
    assert 1 / binom(40, 0.5).sf(33) == pytest.approx(240_000, rel=0.01)
    assert "once in 240,000 times" in " ".join(option.why for option in question.options)


Photos = np.ndarray


def versions_then_split(photos: Photos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    source = np.random.default_rng(seed).permutation(np.repeat(np.arange(40), 5))
    turned = photos[source] * np.arange(1, 201)[:, None]
    return turned[:140], np.unique(source[140:])


def epoch_by_test_accuracy(photos: Photos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    test, epochs = chance.permutation(40)[:12], chance.normal(size=(30, photos.shape[1]))
    return np.array((photos[test] @ epochs.T > 0).mean(0).argmax()), test


def means_then_split(photos: Photos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    order, gaps = chance.permutation(40), chance.random(photos.shape) < 0.2
    filled = np.where(gaps, np.nanmean(np.where(gaps, np.nan, photos), axis=0), photos)
    return filled[order[12:]], order[:12]


def split_then_versions(photos: Photos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(seed).permutation(40)
    return np.repeat(photos[order[12:]], 5, axis=0) * np.arange(1, 141)[:, None], order[:12]


def threshold_on_validation(photos: Photos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(seed).permutation(40)
    return np.append(photos[order[24:]], np.median(photos[order[12:24]].sum(1))), order[:12]


def stratified_split(photos: Photos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    train, test = train_test_split(np.arange(40), stratify=np.arange(40) % 2, random_state=seed)
    return photos[train], test


def test_which_plans() -> None:
    """A plan leaks where other test photos change what trains or chooses."""
    plans: dict[str, Callable[[Photos, int], tuple[np.ndarray, np.ndarray]]] = {
        "Rotate each photo": versions_then_split,
        "Keep the epoch": epoch_by_test_accuracy,
        "Fill gaps": means_then_split,
        "Split, then rotate": split_then_versions,
        "Choose a threshold": threshold_on_validation,
        "Use a stratified split": stratified_split,
    }
    photos = np.random.default_rng(0).normal(size=(40, 6))
    options = QUESTIONS["which-plans"].options
    assert [option.text.startswith(start) for option, start in zip(options, plans, strict=True)] == [True] * 6
    for option, plan in zip(options, plans.values(), strict=True):
        leaks = []
        for seed in range(10):
            used, test = plan(photos, seed)
            others = photos.copy()
            others[test] *= -2
            leaks.append(not np.array_equal(used, plan(others, seed)[0]))
        assert any(leaks) == option.correct, option.text


def test_siblings() -> None:
    """Every way in which the copies may fall, with its probability; the first copy is looked at."""
    for seen in views(QUESTIONS["siblings"]):
        copies, percent = seen.values["copies"], seen.values["percent"]
        ways = [
            (in_test, np.prod([percent / 100 if here else 1 - percent / 100 for here in in_test]))
            for in_test in product((True, False), repeat=copies)
        ]

        def share(event: Callable, given: Callable = lambda way: way[0], ways: list = ways) -> float:
            return (
                100
                * sum(p for way, p in ways if given(way) and event(way))
                / sum(p for way, p in ways if given(way))
            )

        assert float(seen.answer) == pytest.approx(share(lambda way: not all(way[1:])))
        assert [value for value, _ in seen.traps] == pytest.approx(
            [
                share(lambda way: not all(way), given=lambda way: True),
                share(lambda way: not way[1]),
                share(lambda way: not any(way[1:])),
                share(lambda way: all(way[1:])),
            ]
        )


def test_best_of_thirty() -> None:
    chance = np.random.default_rng(0)
    right = chance.binomial(100, 0.9, size=(20_000, 30))
    best = right.max(1)
    assert best.mean() == pytest.approx(96, abs=0.5)
    assert np.mean(abs(best - 96) <= 2) > 0.95
    assert right.std() == pytest.approx(3, abs=0.05)
    assert (best.mean() - 90) / right.std() == pytest.approx(2, abs=0.2)
    # The winners again, on 100 new images each.
    again = chance.binomial(100, 0.9, size=(20_000, 30))
    assert again[np.arange(20_000), right.argmax(1)].mean() == pytest.approx(90, abs=0.1)
    # With more teams the mean is known more exactly, and the largest moves away from it.
    assert right.mean(1).std() < 0.7 * right[:, :10].mean(1).std()
    assert best.mean() > right[:, :10].max(1).mean() + 0.5
    assert binom(100, 0.9).pmf(100) == pytest.approx(3e-5, rel=0.15)
    assert right_text(QUESTIONS["best-of-thirty"]).startswith("About 96 right. It tells how far luck")

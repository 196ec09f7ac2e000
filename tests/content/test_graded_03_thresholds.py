"""The graded questions of lesson 03, tried: lines drawn, mistakes paid for, a promise broken."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
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
    swapped,
    trap,
    views,
)
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

QUESTIONS = graded("03_thresholds")


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def paid(truth: np.ndarray, called: np.ndarray, cost_fp: float, cost_fn: float) -> float:
    """Return what all mistakes cost, paid for one by one."""
    bill = {(0, 1): cost_fp, (1, 0): cost_fn}
    return sum(bill.get(pair, 0) for pair in zip(truth.tolist(), called.tolist(), strict=True))


def test_lower_the_line() -> None:
    question = QUESTIONS["lower-the-line"]
    chance = np.random.default_rng(0)
    held: dict[str, list[bool]] = {option.text: [] for option in question.options}

    def share(of: np.ndarray) -> Fraction:
        return Fraction(int(of.sum()), len(of))

    for _ in range(300):
        scores = chance.random(chance.integers(5, 30))
        truth = chance.integers(0, 2, len(scores))
        upper, middle = scores >= 0.5, (scores >= 0.2) & (scores < 0.5)
        if not (truth.any() and upper.any() and middle.any()):
            continue
        lines = [scores >= 0.5, scores >= 0.2]
        recall = [share(called[truth == 1]) for called in lines]
        precision = [share(truth[called]) for called in lines]
        accuracy = [share(truth == called) for called in lines]
        held["Recall stays the same or rises."].append(recall[1] >= recall[0])
        held["Precision falls."].append(precision[1] < precision[0])
        held["Accuracy rises."].append(accuracy[1] > accuracy[0])
        # What the reasons say about precision and accuracy.
        assert (precision[1] > precision[0]) == (share(truth[middle]) > share(truth[upper]))
        assert (accuracy[1] > accuracy[0]) == (share(truth[middle]) > Fraction(1, 2))
        # Other scores in the same order, as if the line had stayed and the images had moved up.
        lifted = metrics.average_precision_score(truth, np.sqrt(scores))
        held["Average precision falls."].append(lifted < metrics.average_precision_score(truth, scores))
    assert {o.text: o.correct for o in question.options} == {text: all(tries) for text, tries in held.items()}


def test_count_above() -> None:
    for seen in views(QUESTIONS["count-above"]):
        counts = [seen.values[name] for name in "abcdefgh"]
        lows, highs = np.repeat([0.8, 0.5, 0.2, 0] * 2, counts), np.repeat([1, 0.8, 0.5, 0.2] * 2, counts)
        scores = np.random.default_rng(0).uniform(lows, highs)
        truth = np.repeat([1] * 4 + [0] * 4, counts)
        assert float(seen.answer) == pytest.approx(metrics.recall_score(truth, scores >= 0.5))
        assert trap(seen, "the precision") == pytest.approx(metrics.precision_score(truth, scores >= 0.5))
        assert trap(seen, "first row alone") == pytest.approx(metrics.recall_score(truth, scores >= 0.8))
        assert trap(seen, "threshold 0.2") == pytest.approx(metrics.recall_score(truth, scores >= 0.2))
        assert trap(seen, "that are missed") == pytest.approx((scores[truth == 1] < 0.5).mean())


def test_price_of_mistakes() -> None:
    for seen in views(QUESTIONS["price-of-mistakes"]):
        fp, fn, tp, n = (seen.values[name] for name in ("fp", "fn", "tp", "n"))
        false_alarm, miss = seen.values["cost_fp"], seen.values["cost_fn"]
        truth, called = cases(tn=n - fp - fn - tp, fp=fp, fn=fn, tp=tp)
        assert float(seen.answer) == paid(truth, called, false_alarm, miss)
        assert trap(seen, "swapped") == paid(truth, called, miss, false_alarm)
        both = false_alarm + miss
        assert trap(seen, "does not cost both") == paid(truth, called, both, both)
        assert trap(seen, "the misses alone") == paid(truth, called, 0, miss)
        # Every alarm counted as false: the found cracks are then good parts.
        assert trap(seen, "every alarm as false") == paid(truth * (1 - called), called, false_alarm, miss)


def test_honest_order() -> None:
    question = QUESTIONS["honest-order"]
    steps = {
        "Split the data": "train, val, test = np.split(np.random.default_rng(0).permutation(len(x)), 3)",
        "Train the model": "model = LogisticRegression().fit(x[train], y[train])",
        "Compute the model's scores": "scores = model.predict_proba(x[val])[:, 1]",
        "Take the highest threshold": (
            "threshold = max(s for s in scores if (scores[y[val] == 1] >= s).mean() >= 0.95)"
        ),
        "Measure precision and recall": (
            "called = model.predict_proba(x[test])[:, 1] >= threshold\n"
            "report = metrics.precision_score(y[test], called), metrics.recall_score(y[test], called)"
        ),
    }
    chance = np.random.default_rng(0)
    x = chance.normal(size=(600, 3))
    y = (x[:, 0] + chance.normal(size=600) > 0.5).astype(int)
    names = {"np": np, "LogisticRegression": LogisticRegression, "metrics": metrics, "x": x, "y": y}
    possible = []
    for order in permutations(steps):
        try:
            run("\n".join(steps[name] for name in order), **names)
        except NameError:
            continue
        possible.append(order)
    # Every other order needs something that is not there yet.
    (order,) = possible
    assert all(item.text.startswith(name) for item, name in zip(question.items, order, strict=True))


def test_tuned_on_test() -> None:
    question = QUESTIONS["tuned-on-test"]
    names: dict[str, Any] = {
        "precision_recall_curve": metrics.precision_recall_curve,
        "recall_score": metrics.recall_score,
    }

    def data(seed: int, train: int = 200) -> dict[str, Any]:
        chance = np.random.default_rng(seed)
        parts = {"train": train, "val": 200, "test": 200, "new": 1000}
        x = chance.normal(size=(sum(parts.values()), 4))
        y = (x[:, 0] + chance.normal(size=len(x)) > 0.7).astype(int)
        cuts = np.cumsum(list(parts.values()))[:-1]
        images = {f"{part}_images": some for part, some in zip(parts, np.split(x, cuts), strict=True)}
        labels = {f"{part}_labels": some for part, some in zip(parts, np.split(y, cuts), strict=True)}
        return names | images | labels | {"model": LogisticRegression()}

    def tried(*changes: tuple[str, str], seeds: int = 10, **size: int) -> np.ndarray:
        """Return printed recall, recall on new images, and alarms on the test images, a row a data set."""
        rows = []
        for seed in range(seeds):
            known = data(seed, **size)
            printed, after = run(swapped(question.code, *changes), **known)
            fresh = after["model"].predict_proba(known["new_images"])[:, 1] >= after["threshold"]
            alarms = (after["scores"] >= after["threshold"]).sum()
            rows.append([float(printed), metrics.recall_score(known["new_labels"], fresh), alarms])
        return np.array(rows)

    printed, new, alarms = tried(seeds=80).T
    assert printed.min() >= 0.9
    assert (new < 0.9).mean() == pytest.approx(0.5, abs=0.15), "about every second time"
    assert (printed - new).mean() > 0.01

    # The mend: validation images decide, and the test images are scored for the last line only.
    on_val = (
        ("predict_proba(test_images)", "predict_proba(val_images)"),
        ("curve(test_labels", "curve(val_labels"),
        ("print(", "scores = model.predict_proba(test_images)[:, 1]\nprint("),
    )
    honest, new, _ = tried(*on_val, seeds=80).T
    assert (honest - new).mean() == pytest.approx(0, abs=0.01)
    assert (honest < 0.9).mean() == pytest.approx(0.5, abs=0.15), "it can say that the promise is broken"
    assert right_text(question).startswith("The threshold is chosen on the same images")

    lower, _, more = tried((".max()", ".min()")).T
    assert lower.min() >= 0.9 and (more > alarms[:10]).all()
    assert "more false alarms" in option(question, "`.max()`").why

    whole = ("recall[:-1]", "recall")
    with pytest.raises(IndexError, match="boolean index did not match"):
        tried(whole)
    known = run(question.code or "", **data(0))[1]
    assert len(known["recall"]) == len(known["thresholds"]) + 1 and known["recall"][-1] == 0

    rounded = ("[:, 1]\n", "[:, 1].round()\n")
    assert tried(rounded)[:, 0].min() >= 0.9
    known = run(swapped(question.code, rounded), **data(0))[1]
    assert "two thresholds" in option(question, "rounded").why and len(known["thresholds"]) == 2
    assert (known["scores"] >= known["thresholds"].min()).all()

    assert tried(train=4000)[:, 0].min() >= 0.9


def test_which_line_prints() -> None:
    question = QUESTIONS["which-line-prints"]
    for seen in views(question):
        assert_prints(seen)
    # What another reading of the loop would print.
    others = {
        "all four positives are found": (">= 0.75", ">= 1"),
        "one of them belongs to a negative": ("sum(y for s, y", "sum(1 for s, y"),
        "the lowest threshold": (", reverse=True", ""),
        "a negative joins": ("if s >= threshold", "if s > threshold"),
    }
    for words, change in others.items():
        (told,) = [o for o in question.options if words in o.why]
        assert quoted(told.text) == run(swapped(question.code, change))[0]


def test_bad_balance() -> None:
    for seen in views(QUESTIONS["bad-balance"]):
        n, ill = seen.values["n"], seen.values["ill"]
        # The only table of whole people with this recall and this precision.
        (tp,) = [tp for tp in range(ill + 1) if Fraction(tp, ill) == Fraction(2, 5)]
        (fp,) = [fp for fp in range(n) if Fraction(tp, tp + fp) == Fraction(9, 10)]
        truth, called = cases(tn=n - ill - fp, fp=fp, fn=ill - tp, tp=tp)
        assert metrics.precision_score(truth, called) == pytest.approx(0.9)
        assert metrics.recall_score(truth, called) == pytest.approx(0.4)
        assert float(seen.answer) == ((truth == 1) & (called == 0)).sum()
        assert trap(seen, "whom the test finds") == ((truth == 1) & (called == 1)).sum()
        assert trap(seen, "the false alarms") == ((truth == 0) & (called == 1)).sum()
        assert trap(seen, "90 % for the recall") == pytest.approx(float(ill * (1 - Fraction(9, 10))))
        # The share that is missed, of all people.
        assert trap(seen, "not of all people") == pytest.approx(n * (called[truth == 1] == 0).mean())


def cheaper_from(cost_fp: float, cost_fn: float) -> float:
    """Return the score from which on positive is cheaper, tried with 10,000 images of each score."""
    for positives in range(10_001):
        if (10_000 - positives) * cost_fp <= positives * cost_fn:
            return positives / 10_000
    raise AssertionError


def test_break_even_cost() -> None:
    for seen in views(QUESTIONS["break-even-cost"]):
        false_alarm, miss = seen.values["cost_fp"], seen.values["cost_fn"]
        p = cheaper_from(false_alarm, miss)
        assert float(seen.answer) == pytest.approx(p, abs=0.0002)
        assert trap(seen, "where the odds") == pytest.approx(p / (1 - p), abs=0.0002)
        assert trap(seen, "other way round") == pytest.approx(cheaper_from(miss, false_alarm), abs=0.0002)
        assert trap(seen, "equal costs") == cheaper_from(miss, miss)
        assert trap(seen, "left the cost") * false_alarm == pytest.approx(p, abs=0.0002)


def test_price_of_recall() -> None:
    for seen in views(QUESTIONS["price-of-recall"]):
        v = seen.values

        def bill(false_positives: int, tenths: int, ratio: float, v: dict[str, Any] = v) -> float:
            """Return what a line costs, in false alarms, if a miss costs `ratio` of them."""
            found = next(tp for tp in range(v["p"] + 1) if 10 * tp == tenths * v["p"])
            return false_positives + sum(ratio for _ in range(v["p"] - found))

        ratios = np.arange(0, 20, 0.01)
        cheaper = [r for r in ratios if bill(v["fp_low"], 9, r) < bill(v["fp_high"], 6, r)]
        assert float(seen.answer) == pytest.approx(cheaper[0], abs=0.011)
        assert trap(seen, "upside down") == pytest.approx(1 / cheaper[0], abs=0.002)
        called = {
            line: cases(tn=v["n"] - v["p"] - fp, fp=fp, fn=v["p"] - tp, tp=tp)
            for line, fp, tp in ((0.5, v["fp_high"], 6 * v["p"] // 10), (0.1, v["fp_low"], 9 * v["p"] // 10))
        }
        alarms = {line: ((truth == 0) & answer).sum() for line, (truth, answer) in called.items()}
        found = {line: ((truth == 1) & answer).sum() for line, (truth, answer) in called.items()}
        assert [metrics.recall_score(*called[line]) for line in (0.5, 0.1)] == pytest.approx([0.6, 0.9])
        assert trap(seen, "each positive found at 0.1") == pytest.approx(alarms[0.1] / found[0.1])
        assert trap(seen, "0.3 is a share") == pytest.approx((alarms[0.1] - alarms[0.5]) / (0.9 - 0.6))
        assert trap(seen, "false alarms with each other") == pytest.approx(alarms[0.1] / alarms[0.5])

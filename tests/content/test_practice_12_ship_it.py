"""The practice questions of lesson 12, tried: costs counted case by case, intervals measured, bugs made and mended."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest
import torch
from question_bench import (
    assert_pool,
    assert_prints,
    assert_tried,
    cost_per_image,
    practice,
    run,
    snippet,
    views,
    wilson,
)
from torch import nn

QUESTIONS = practice("12_ship_it")


def test_the_pool_is_large_and_every_claim_is_tried() -> None:
    assert_pool(QUESTIONS)
    assert_tried(QUESTIONS, globals())


def test_line_from_costs() -> None:
    probabilities = np.linspace(0, 1, 20_001)
    for seen in views(QUESTIONS["line-from-costs"]):
        look, miss = seen.values["look"], seen.values["miss"]
        cheaper_to_look = (1 - probabilities) * look <= probabilities * miss
        assert probabilities[cheaper_to_look].min() == pytest.approx(float(seen.answer), abs=0.0002)


def test_cost_from_counts() -> None:
    for seen in views(QUESTIONS["cost-from-counts"]):
        v = seen.values
        truth = np.repeat([True, False, True, False], [v["tp"], v["fp"], v["fn"], v["tn"]])
        called = np.repeat([True, True, False, False], [v["tp"], v["fp"], v["fn"], v["tn"]])
        assert cost_per_image(called, truth, miss=v["miss"]) == pytest.approx(float(seen.answer))


def test_call_everybody() -> None:
    for seen in views(QUESTIONS["call-everybody"]):
        assert_prints(seen)


def test_line_on_test() -> None:
    code = QUESTIONS["line-on-test"].code or ""
    honest = code.replace("scores[test]", "scores[val]", 2).replace("truth[test]", "truth[val]", 1)
    assert honest.count("val") == 3
    promised, kept = [], []
    for seed in range(60):
        chance = np.random.default_rng(seed)
        truth = chance.random(400) < 0.1
        scores = np.round(chance.normal(1.5 * truth, 1), 1)
        parts = {"val": np.arange(200), "test": np.arange(200, 400)}
        names = {"np": np, "scores": scores, "truth": truth, "cost_per_image": cost_per_image, **parts}
        promised.append(float(run(code, **names)[0]))
        kept.append(float(run(honest, **names)[0]))
    assert all(p <= k for p, k in zip(promised, kept, strict=True))
    assert np.mean(promised) < 0.9 * np.mean(kept)


def test_lower_end() -> None:
    for seen in views(QUESTIONS["lower-end"]):
        assert_prints(seen)
        assert wilson(seen.values["k"], seen.values["n"])[0] == pytest.approx(float(seen.answer), abs=0.0005)


def test_of_what() -> None:
    question = QUESTIONS["of-what"]
    names = {"wilson": wilson, "test": range(727)}
    printed, _ = snippet(question, **names)
    told = re.search(r"from (\S+) to (\S+)\. What", question.stem)
    assert told and printed == f"recall: {told[1]} to {told[2]}"
    mended, known = run((question.code or "").replace("len(test)", "44"), **names)
    assert known["low"] < 40 / 44 < known["high"], mended


def test_no_sigmoid() -> None:
    question = QUESTIONS["no-sigmoid"]
    torch.manual_seed(0)
    names = {"torch": torch, "head": nn.Linear(4, 1), "features": 3 * torch.randn(1000, 4)}
    _, known = snippet(question, **names)
    _, mended = run((question.code or "").replace("scores >=", "torch.sigmoid(scores) >="), **names)
    assert known["called"].sum() < mended["called"].sum()
    assert (mended["called"] | ~known["called"]).all()
    assert torch.sigmoid(torch.tensor(1 / 21)).item() == pytest.approx(0.51, abs=0.005)


def test_narrower() -> None:
    for seen in views(QUESTIONS["narrower"]):
        n, more = seen.values["n"], int(float(seen.answer))
        widths = [np.diff(wilson(round(0.9 * count), count))[0] for count in (n, more)]
        assert widths[0] / widths[1] == pytest.approx(seen.values["times"], rel=0.12)


def test_from_which_share() -> None:
    for seen in views(QUESTIONS["from-which-share"]):
        v = seen.values
        n, share = 1_000_000, float(seen.answer) / 100
        truth = np.arange(n) < round(share * n)
        called = np.zeros(n, dtype=bool)
        called[: round(truth.sum() * v["share"] / 100)] = True
        called[n - round((~truth).sum() * v["alarms"] / 100) :] = True
        cost = partial(cost_per_image, truth=truth, miss=v["miss"])
        assert cost(called) == pytest.approx(cost(np.zeros(n, dtype=bool)), rel=0.002)


def test_the_difference_varies_less_than_either_cost() -> None:
    # `overlapping`: two models that share hard images, bootstrapped together.
    chance = np.random.default_rng(0)
    truth = chance.random(700) < 0.06
    hard = chance.normal(0, 1, 700)
    models = [2.5 * truth + hard + 0.4 * chance.normal(0, 1, 700) >= 1.2 for _ in range(2)]
    drawn = chance.integers(0, 700, size=(1000, 700))
    costs = np.array([[cost_per_image(called[again], truth[again]) for called in models] for again in drawn])
    assert (costs[:, 0] - costs[:, 1]).std() < 0.8 * costs.std(axis=0).min()

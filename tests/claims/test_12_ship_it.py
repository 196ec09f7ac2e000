"""What lesson 12 says, asserted: intervals by simulation, the screening model over twelve splits."""

from __future__ import annotations

from functools import cache
from statistics import mean

import numpy as np
import pytest
import torch
from effect_rows import assert_shown
from numpy.typing import NDArray
from sklearn.svm import SVC
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.models import get_model

import headstart.models
from headstart.data import all_digits

pytestmark = pytest.mark.claims

SEEDS = range(1, 13)
COST_MISS = 20
RULE = 1 / (1 + COST_MISS)
NOISES = (0.1, 0.2, 0.3)

Truths = NDArray[np.bool_]


def truths() -> Truths:
    """Return which of all digits are 8s."""
    return (all_digits()[1] == 8).numpy()


def cost(called: Truths, truth: Truths) -> float:
    """Return the cost for each image."""
    return float((COST_MISS * (truth & ~called).sum() + (~truth & called).sum()) / len(truth))


@cache
def scanned(noise: float, seed: int) -> torch.Tensor:
    """Return all digits as a scanner with this noise gives them."""
    counts = all_digits()[0]
    drawn = torch.randn(counts.shape, generator=torch.Generator().manual_seed(seed))
    return (counts + 16 * noise * drawn).clamp(0, 16)


@cache
def features(noise: float, seed: int) -> torch.Tensor:
    """Return the backbone's features of `scanned(noise, seed)`."""
    backbone = get_model("glyphnet", weights="DEFAULT").eval()
    backbone.fc = torch.nn.Identity()
    preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
    with torch.no_grad():
        parts = scanned(noise, seed).split(256)
        return torch.cat([backbone(preset(some.unsqueeze(1))) for some in parts])


@cache
def split(seed: int) -> dict[str, NDArray[np.int64]]:
    """Return the lesson's split: places of the images of each part."""
    random = np.random.default_rng(seed)
    eights, others = (random.permutation(np.flatnonzero(one)) for one in (truths(), ~truths()))
    sizes = {"train": (0, 30, 0, 470), "val": (30, 60, 470, 940), "test": (60, 104, 940, 1623)}
    return {name: np.concatenate([eights[a:b], others[c:d]]) for name, (a, b, c, d) in sizes.items()}


@cache
def head(seed: int, eights: int = 30) -> torch.nn.Linear:
    """Return the lesson's head, trained on one split, or on a part of it with `eights` 8s."""
    train = training(seed, eights)
    torch.manual_seed(0)
    layer = torch.nn.Linear(128, 1)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.01)
    targets = torch.tensor(truths()[train], dtype=torch.float32)
    for _ in range(300):
        outputs = layer(features(0.1, 0)[train]).squeeze(1)
        loss = binary_cross_entropy_with_logits(outputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return layer


def training(seed: int, eights: int = 30) -> NDArray[np.int64]:
    """Return the places of the training images: all, or a part with `eights` 8s and its share of others."""
    train = split(seed)["train"]
    return np.concatenate([train[:eights], train[30 : 30 + 470 * eights // 30]])


def scores(
    seed: int, name: str, noise: float = 0.1, noise_seed: int = 0, eights: int = 30
) -> NDArray[np.float32]:
    """Return the scores of one part of a split, by a head that has learned from `eights` 8s."""
    outputs = head(seed, eights)(features(noise, noise_seed)[split(seed)[name]])
    return torch.sigmoid(outputs).squeeze(1).detach().numpy()


def truth(seed: int, name: str) -> Truths:
    return truths()[split(seed)[name]]


def cheapest(values: NDArray, labels: Truths) -> float:
    return min(values, key=lambda threshold: cost(values >= threshold, labels))


@cache
def baseline_cost(seed: int, eights: int = 30) -> float:
    """Return the test cost of support vectors on the pixels, with a line searched on validation images."""
    pixels, parts = scanned(0.1, 0).flatten(1).numpy() / 16, split(seed)
    train = training(seed, eights)
    machine = SVC(C=10, class_weight="balanced").fit(pixels[train], truths()[train])
    line = cheapest(machine.decision_function(pixels[parts["val"]]), truth(seed, "val"))
    return cost(machine.decision_function(pixels[parts["test"]]) >= line, truth(seed, "test"))


@cache
def measure() -> dict[str, list[float]]:
    """Return each effect of the lesson, with its unit: one value a seed."""
    lines = {s: cheapest(scores(s, "val"), truth(s, "val")) for s in SEEDS}
    effects = {
        "cost with the threshold 0.5, per image": [
            cost(scores(s, "test") >= 0.5, truth(s, "test")) for s in SEEDS
        ],
        "cost with the rule, per image": [cost(scores(s, "test") >= RULE, truth(s, "test")) for s in SEEDS],
        "cost with the search, per image": [
            cost(scores(s, "test") >= lines[s], truth(s, "test")) for s in SEEDS
        ],
        "cost that the search promised, per image": [
            cost(scores(s, "val") >= lines[s], truth(s, "val")) for s in SEEDS
        ],
        "cost of the baseline on pixels, per image": [baseline_cost(s) for s in SEEDS],
        "recall with the rule, %": [
            100 * float((scores(s, "test") >= RULE)[truth(s, "test")].mean()) for s in SEEDS
        ],
    }
    for noise in NOISES:
        called = {s: scores(s, "test", noise, 1) >= RULE for s in SEEDS}
        effects[f"cost at noise {noise}, per image"] = [cost(called[s], truth(s, "test")) for s in SEEDS]
        effects[f"images called at noise {noise}, %"] = [100 * float(called[s].mean()) for s in SEEDS]
    return effects


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * (k * (n - k) / n + z**2 / 4) ** 0.5
    return centre - half, centre + half


def test_the_model_beats_the_machines_that_do_not_look_on_every_split() -> None:
    assert max(measure()["cost with the rule, per image"]) < 0.4
    for seed in SEEDS:
        labels = truth(seed, "test")
        assert cost(np.zeros_like(labels), labels) > 1.1
        assert cost(np.ones_like(labels), labels) == pytest.approx(0.94, abs=0.01)


def test_the_usual_threshold_costs_far_more_and_the_rule_is_a_little_ahead_of_the_search() -> None:
    usual = measure()["cost with the threshold 0.5, per image"]
    rule, search = measure()["cost with the rule, per image"], measure()["cost with the search, per image"]
    assert mean(usual) > 1.5 * mean(rule)
    assert sum(u > r for u, r in zip(usual, rule, strict=True)) >= 10
    assert mean(rule) < mean(search) < mean(rule) + 0.06


def test_what_the_search_promised_is_too_good() -> None:
    promised = measure()["cost that the search promised, per image"]
    search = measure()["cost with the search, per image"]
    assert mean(promised) < 0.7 * mean(search)
    assert sum(p < s for p, s in zip(promised, search, strict=True)) > len(SEEDS) / 2


def test_the_baseline_on_pixels_is_a_serious_rival() -> None:
    rival = mean(measure()["cost of the baseline on pixels, per image"])
    assert abs(rival - mean(measure()["cost with the rule, per image"])) < 0.06
    assert rival < mean(measure()["cost with the threshold 0.5, per image"])


def test_the_head_start_is_larger_with_less_training_data() -> None:
    def lead(eights: int) -> float:
        """Return what the backbone saves against the baseline, per image, in the mean of all splits."""
        return mean(
            baseline_cost(seed, eights)
            - cost(scores(seed, "test", eights=eights) >= RULE, truth(seed, "test"))
            for seed in SEEDS
        )

    assert lead(5) > 2 * lead(30) and lead(5) > 0.05


@pytest.mark.parametrize("missed", [0.02, 0.05, 0.09])
def test_the_upper_end_of_the_bootstrap_is_too_low_where_few_misses_carry_the_cost(missed: float) -> None:
    random = np.random.default_rng(0)
    alarms, tests, repeats, eights, others = 0.05, 300, 400, 44, 683
    true_cost = (COST_MISS * missed * eights + alarms * others) / (eights + others)
    above = 0
    for _ in range(tests):
        costs = np.zeros(eights + others)
        costs[:eights] = COST_MISS * (random.random(eights) < missed)
        costs[eights:] = random.random(others) < alarms
        means = costs[random.integers(0, len(costs), (repeats, len(costs)))].mean(axis=1)
        above += true_cost > np.quantile(means, 0.975)
    assert above / tests > 0.05, "2.5 % is promised"


def test_another_scanner_multiplies_the_cost_and_shows_in_the_share_of_calls() -> None:
    costs = [mean(measure()[f"cost at noise {noise}, per image"]) for noise in NOISES]
    assert costs[1] > 1.5 * costs[0] and costs[2] > 3 * costs[0]
    for seed in range(len(SEEDS)):
        calls = [measure()[f"images called at noise {noise}, %"][seed] for noise in NOISES]
        assert calls == sorted(calls) and calls[2] > 2 * calls[0]


def test_the_parts_share_no_image_and_have_their_share_of_8s() -> None:
    for seed in SEEDS:
        parts = split(seed)
        assert len(np.unique(np.concatenate(list(parts.values())))) == sum(map(len, parts.values()))
        assert all(truths()[part].mean() == pytest.approx(0.06, abs=0.001) for part in parts.values())


@pytest.mark.parametrize("rate", [0.8, 0.9, 0.95])
def test_wilson_covers_and_the_naive_interval_does_not(rate: float) -> None:
    n = 44
    counts = np.random.default_rng(0).binomial(n, rate, 4000)
    within, naive = [], []
    for k in counts:
        low, high = wilson(int(k), n)
        within.append(low <= rate <= high)
        error = 1.96 * (k / n * (1 - k / n) / n) ** 0.5
        naive.append(k / n - error <= rate <= k / n + error)
    assert np.mean(within) > 0.925
    assert np.mean(naive) < np.mean(within)


def test_small_counts_break_the_naive_formula() -> None:
    low, high = wilson(20, 20)
    assert 0.8 < low < 0.9 and high == pytest.approx(1)
    rate = 19 / 20
    assert rate + 1.96 * (rate * (1 - rate) / 20) ** 0.5 > 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_half_the_images_make_the_intervals_wider_by_the_square_root_of_two(seed: int) -> None:
    labels, called = truth(seed, "test"), scores(seed, "test") >= RULE
    random = np.random.default_rng(seed)
    widths = []
    for size in (len(labels), len(labels) // 2):
        drawn = random.integers(0, len(labels), size=(1500, size))
        costs = [cost(called[again], labels[again]) for again in drawn]
        widths.append(float(np.subtract(*np.quantile(costs, [0.975, 0.025]))))
    assert widths[1] / widths[0] == pytest.approx(2**0.5, rel=0.2)
    full, half = wilson(40, 44), wilson(20, 22)
    assert (half[1] - half[0]) / (full[1] - full[0]) == pytest.approx(2**0.5, rel=0.1)

"""What lesson 04 says, asserted: each leak over several seeds, and how often the intervals keep their promise."""

from __future__ import annotations

from functools import cache
from statistics import mean

import numpy as np
import pytest
import torch
from effect_rows import assert_shown
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model
from torchvision.transforms import v2

import headstart.models
from headstart.data import all_digits

pytestmark = pytest.mark.claims

SEEDS = range(6)
WRITERS = [130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667]
Z = 1.96


@cache
def backbone() -> nn.Module:
    """Return the lesson's frozen network without its head."""
    network = get_model("glyphnet", weights="DEFAULT").eval()
    network.fc = nn.Identity()
    return network


@cache
def digits() -> tuple[Tensor, Tensor]:
    """Return all digits as images (1797, 3, 32, 32), and their labels (1797,)."""
    counts, labels = all_digits()
    return headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1)), labels


@cache
def inputs(kind: str) -> Tensor:
    """Return what the head sees of each digit: "features" (1797, 128) or "pixels" (1797, 64)."""
    if kind == "pixels":
        return all_digits()[0].flatten(1) / 16
    with torch.no_grad():
        return backbone()(digits()[0])


def shuffled(seed: int) -> Tensor:
    """Return the places of all digits in random order."""
    return torch.randperm(1797, generator=torch.Generator().manual_seed(seed))


def train_head(x: Tensor, y: Tensor) -> nn.Module:
    """Train the lesson's head."""
    torch.manual_seed(0)
    head = nn.Linear(x.shape[1], int(y.max()) + 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        cross_entropy(head(x), y).backward()
        optimizer.step()
    return head


def score(head: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the accuracy in per cent."""
    return 100 * (head(x).argmax(1) == y).double().mean().item()


# ------------------------------------------------------------------------------------------------ intervals


def wilson(right: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Return Wilson's 95 % interval (E. B. Wilson, 1927)."""
    share, extra = right / n, Z**2 / n
    half = Z * (share * (1 - share) / n + extra / (4 * n)) ** 0.5
    return (share + extra / 2 - half) / (1 + extra), (share + extra / 2 + half) / (1 + extra)


def textbook(right: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Return the interval share ± 1.96 standard errors."""
    half = Z * (right / n * (1 - right / n) / n) ** 0.5
    return right / n - half, right / n + half


@cache
def answers(seed: int) -> Tensor:
    """Train on 50 digits; return for each of the 1,747 others whether the head is right."""
    train, fresh = shuffled(seed).split([50, 1747])
    head = train_head(inputs("features")[train], digits()[1][train])
    return (head(inputs("features")[fresh]).argmax(1) == digits()[1][fresh]).double()


def coverage(rule, seed: int, n: int) -> float:
    """Return how often the interval from n images holds the true accuracy, in per cent, of 10,000 draws."""
    right = answers(seed)
    random = torch.Generator().manual_seed(seed)
    low, high = rule(right[torch.randint(len(right), (10_000, n), generator=random)].sum(1), n)
    return 100 * ((low <= right.mean()) & (right.mean() <= high)).double().mean().item()


def test_wilson_agrees_with_its_other_form() -> None:
    """Wilson's interval holds the p whose distance from the share is at most z standard errors *of p*."""
    p = torch.linspace(0, 1, 100_001, dtype=torch.float64)
    for right, n in ((48, 50), (50, 50), (3, 20), (0, 7), (700, 797)):
        inside = p[(right / n - p).abs() <= Z * (p * (1 - p) / n) ** 0.5]
        low, high = wilson(torch.tensor(float(right), dtype=torch.float64), n)
        assert low.item() == pytest.approx(inside.min().item(), abs=2e-5)
        assert high.item() == pytest.approx(inside.max().item(), abs=2e-5)


@pytest.mark.parametrize("n", [20, 50, 400])
def test_wilson_keeps_its_promise(n: int) -> None:
    covered = [coverage(wilson, seed, n) for seed in SEEDS]
    assert mean(covered) > 94
    assert min(covered) > 91


def test_the_textbook_rule_breaks_its_promise_on_small_test_sets() -> None:
    small = [coverage(textbook, seed, 20) for seed in SEEDS]
    assert max(small) < 91
    assert mean(coverage(textbook, seed, 400) for seed in SEEDS) > 93
    assert mean(coverage(textbook, seed, 50) for seed in SEEDS) < mean(
        coverage(wilson, seed, 50) for seed in SEEDS
    )


def test_all_right_leaves_textbook_and_bootstrap_without_a_width() -> None:
    all_right = torch.ones(50)
    low, high = textbook(all_right.sum(), 50)
    assert (low, high) == (1, 1)
    again = all_right[torch.randint(50, (2000, 50))].mean(1)
    assert (again.min(), again.max()) == (1, 1)
    assert 0.92 < wilson(all_right.sum(), 50)[0] < 0.94
    for n in (12, 40, 50):  # the short form that the quiz gives
        assert wilson(torch.tensor(float(n)), n)[0].item() == pytest.approx(n / (n + Z**2), abs=1e-6)


def test_bootstrap_and_wilson_are_of_similar_width_away_from_the_ends() -> None:
    for seed in SEEDS:
        random = torch.Generator().manual_seed(seed)
        mine = (torch.rand(100, generator=random) < 0.85).double()
        again = mine[torch.randint(100, (4000, 100), generator=random)].mean(1).numpy()
        low, high = np.percentile(again, [2.5, 97.5])
        by_wilson = wilson(mine.sum(), 100)
        assert high - low == pytest.approx((by_wilson[1] - by_wilson[0]).item(), rel=0.2)


def test_four_times_the_images_halve_the_width() -> None:
    for share in (0.8, 0.9, 0.96):
        widths = [
            (high - low).item() for low, high in (wilson(torch.tensor(share * n), n) for n in (200, 800))
        ]
        assert widths[0] / widths[1] == pytest.approx(2, rel=0.07)


# -------------------------------------------------------------------------------------------------- leak 1


@cache
def leak(seed: int, share: float, size: int, kind: str) -> tuple[float, float]:
    """Replace a share of the training set by test images; return the reported score and that on fresh ones."""
    x, labels = inputs(kind), digits()[1]
    test, train, fresh = shuffled(seed).split([size, size, 1797 - 2 * size])
    leaked = round(share * size)
    train = torch.cat([test[:leaked], train[leaked:]])
    head = train_head(x[train], labels[train])
    return score(head, x[test], labels[test]), score(head, x[fresh], labels[fresh])


def inflation_of_leak(share: float, size: int = 50, kind: str = "features") -> list[float]:
    """Return the inflation of each seed in points."""
    return [reported - fresh for reported, fresh in (leak(seed, share, size, kind) for seed in SEEDS)]


def test_test_images_in_training_inflate_the_score_and_help_nobody() -> None:
    assert mean(inflation_of_leak(0.2)) > mean(inflation_of_leak(0))
    assert min(inflation_of_leak(1)) > 3
    assert all(leak(seed, 1, 50, "features")[0] == 100 for seed in SEEDS)
    assert mean(leak(seed, 1, 50, "features")[1] - leak(seed, 0, 50, "features")[1] for seed in SEEDS) < 1


def test_the_less_was_learned_the_more_a_leak_flatters() -> None:
    assert min(inflation_of_leak(1, kind="pixels")) > max(inflation_of_leak(1))
    assert mean(inflation_of_leak(1, size=200)) < mean(inflation_of_leak(1)) - 2


def test_the_digits_hold_no_exact_duplicates() -> None:
    counts, _ = all_digits()
    assert len({image.numpy().tobytes() for image in counts}) == 1797


# -------------------------------------------------------------------------------------------------- leak 2


def augmented(source: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Return one augmented copy of each source digit, and its features."""
    images = digits()[0]
    augment = v2.RandomAffine(
        5, (0.06, 0.06), (0.95, 1.05), fill=images.min().item(), interpolation=v2.InterpolationMode.BILINEAR
    )
    torch.manual_seed(seed)
    pictures = torch.stack([augment(images[i]) for i in source])
    with torch.no_grad():
        return pictures, backbone()(pictures)


@cache
def once() -> Tensor:
    """Return the features of one augmented copy of every digit."""
    return augmented(torch.arange(1797), 0)[1]


@cache
def copies(seed: int) -> dict[str, float]:
    """Split eight copies of 50 digits by copy and by original; return what the lesson reports."""
    labels = digits()[1]
    originals, fresh = shuffled(seed).split([50, 1747])
    source = originals.repeat(8)
    pictures, x = augmented(source, seed)
    by_copy = torch.rand(len(source), generator=torch.Generator().manual_seed(seed)) < 0.7
    by_original = torch.isin(source, originals[:35])
    result = {}
    for name, train in (("by copy", by_copy), ("by original", by_original)):
        head = train_head(x[train], labels[source[train]])
        future = score(head, once()[fresh], labels[fresh])
        result[name] = score(head, x[~train], labels[source[~train]]) - future
        result[f"{name}, fresh"] = future
    known = {picture.numpy().tobytes() for picture in pictures[by_copy]}
    result["exact"] = sum(picture.numpy().tobytes() in known for picture in pictures[~by_copy])
    closest = torch.cdist(x[~by_copy], x[by_copy]).flatten().argsort()[:50]
    partners = int(by_copy.sum())
    same = source[~by_copy][closest // partners] == source[by_copy][closest % partners]
    result["same original"] = same.double().mean().item()
    return result


def test_copies_made_before_the_split_inflate_the_score() -> None:
    assert min(copies(seed)["by copy"] for seed in SEEDS) > 4
    assert mean(copies(seed)["by copy"] for seed in SEEDS) > 7


def test_a_grouped_split_does_not() -> None:
    assert abs(mean(copies(seed)["by original"] for seed in SEEDS)) < 4


def test_a_single_grouped_split_of_few_originals_may_be_far_off() -> None:
    inflations = [copies(seed)["by original"] for seed in SEEDS]
    assert np.std(inflations) > 3
    assert max(abs(value) for value in inflations) > 5


def test_the_head_that_learned_from_fewer_originals_is_a_little_worse() -> None:
    fresh = [(copies(seed)["by copy, fresh"], copies(seed)["by original, fresh"]) for seed in SEEDS]
    assert 1 < mean(all_of_them - some for all_of_them, some in fresh) < 8


def test_fingerprints_miss_the_copies_and_distances_find_them() -> None:
    assert all(copies(seed)["exact"] == 0 for seed in SEEDS)
    assert min(copies(seed)["same original"] for seed in SEEDS) > 0.85


# -------------------------------------------------------------------------------------------------- leak 3


@cache
def group_scores(kind: str, by_writer: bool, seed: int) -> list[float]:
    """Return the score of each of the 14 groups, each tested once by a head that does not know it."""
    x, labels = inputs(kind), digits()[1]
    groups = torch.bucketize(torch.arange(1797), torch.tensor(WRITERS), right=True)
    if not by_writer:
        groups = groups[shuffled(seed)]
    scores = []
    for group in range(14):
        test, pool = groups == group, shuffled(100 * seed + group)
        train = pool[~test[pool]][:300]
        scores.append(score(train_head(x[train], labels[train]), x[test], labels[test]))
    return scores


@pytest.mark.parametrize(("kind", "points"), [("features", 0.4), ("pixels", 2)])
def test_new_writers_score_lower_and_spread_further(kind: str, points: float) -> None:
    gaps = []
    for seed in range(3):
        random, writers = group_scores(kind, False, seed), group_scores(kind, True, seed)
        gaps.append(mean(random) - mean(writers))
        assert np.std(writers) > np.std(random)
        assert min(writers) < min(random) - 2
    assert min(gaps) > 0
    assert mean(gaps) > points


@pytest.mark.parametrize("seed", range(3))
def test_pixels_lose_more_on_new_writers_than_features(seed: int) -> None:
    lost = {
        kind: mean(group_scores(kind, False, seed)) - mean(group_scores(kind, True, seed))
        for kind in ("pixels", "features")
    }
    assert lost["pixels"] > lost["features"] + 0.5


# -------------------------------------------------------------------------------------------------- leak 4


@cache
def score_on_noise(seed: int, select_on: int) -> float:
    """Return the test score on noise with 20 of 1,000 columns selected on the first `select_on` cases."""
    random = torch.Generator().manual_seed(seed)
    x, y = torch.randn(80, 1000, generator=random), torch.randint(2, (80,), generator=random)
    a, b = x[:select_on], y[:select_on]
    best = (a[b == 1].mean(0) - a[b == 0].mean(0)).abs().topk(20).indices
    return score(train_head(x[:40, best], y[:40]), x[40:, best], y[40:])


def test_selection_before_the_split_finds_skill_in_noise() -> None:
    assert mean(score_on_noise(seed, 80) for seed in range(20)) > 75
    assert mean(score_on_noise(seed, 40) for seed in range(20)) == pytest.approx(50, abs=6)


@cache
def inflation_of_scaling(seed: int) -> float:
    """Return what fitting the scaling of the features on all digits adds to the score, in points."""
    labels, order = digits()[1], shuffled(seed)
    scores = []
    for fit_on in (1797, 100):
        seen = inputs("features")[order[:fit_on]]
        x = (inputs("features") - seen.mean(0)) / (seen.std(0) + 0.01)
        head = train_head(x[order[:100]], labels[order[:100]])
        scores.append(score(head, x[order[100:]], labels[order[100:]]))
    return scores[0] - scores[1]


def test_scaling_fitted_on_all_images_inflates_next_to_nothing() -> None:
    assert abs(mean(inflation_of_scaling(seed) for seed in SEEDS)) < 0.3


# -------------------------------------------------------------------------------------------------- leak 5


@cache
def inflation_of_choosing(seed: int) -> dict[str, float]:
    """Choose one of 50 epochs on 50 images; return the mean inflation of 1,000 such choices in points."""
    x, labels = inputs("features"), digits()[1]
    train, fresh = shuffled(seed).split([50, 1747])
    torch.manual_seed(seed)
    head, right = nn.Linear(128, 10), []
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.01)
    for _ in range(50):
        for batch in train[torch.randperm(50)].split(10):
            optimizer.zero_grad()
            cross_entropy(head(x[batch]), labels[batch]).backward()
            optimizer.step()
        right.append((head(x[fresh]).argmax(1) == labels[fresh]).double())
    right = torch.stack(right)
    drawn = torch.stack([torch.randperm(len(fresh))[:100] for _ in range(1000)])
    on_test, on_validation = (100 * right[:, part].mean(2) for part in (drawn[:, :50], drawn[:, 50:]))
    result = {}
    every, tenth = torch.arange(50), torch.arange(9, 50, 10)
    looks = {
        "test": (on_test, every),
        "validation": (on_validation, every),
        "test, five looks": (on_test, tenth),
    }
    for name, (looked_at, epochs) in looks.items():
        epoch = epochs[looked_at[epochs].argmax(0)]
        inflation = on_test[epoch, torch.arange(1000)] - 100 * right.mean(1)[epoch]
        result[name] = inflation.mean().item()
    return result


def test_an_epoch_chosen_on_the_test_set_is_flattered() -> None:
    assert min(inflation_of_choosing(seed)["test"] for seed in SEEDS) > 1
    assert max(abs(inflation_of_choosing(seed)["validation"]) for seed in SEEDS) < 0.7


def test_each_further_look_makes_it_worse() -> None:
    for seed in SEEDS:
        assert 0 < inflation_of_choosing(seed)["test, five looks"] < inflation_of_choosing(seed)["test"]


def test_the_best_of_thirty_equal_models_shows_about_96() -> None:
    """The quiz's question on 30 teams: all at 90 %, 100 test images."""
    winners = np.random.default_rng(0).binomial(100, 0.9, (20_000, 30)).max(axis=1)
    assert winners.mean() == pytest.approx(96, abs=0.6)


# ---------------------------------------------------------------------------------------------- stratified


def test_stratified_splits_keep_the_rare_class_in_every_test_set() -> None:
    y = np.array([1] * 10 + [0] * 190)
    for first in (0, 1000, 2000):
        counts = {"random": [], "stratified": []}
        for seed in range(first, first + 200):
            for name, classes in (("random", None), ("stratified", y)):
                part = train_test_split(y, test_size=40, stratify=classes, random_state=seed)[1]
                counts[name].append(part.sum())
        assert set(counts["stratified"]) == {2}
        assert 0.03 < np.mean(np.array(counts["random"]) == 0) < 0.2
    with pytest.raises(ValueError, match="only 1 member"):
        train_test_split(y, stratify=[1] + [0] * 199)


def measure() -> dict[str, list[float]]:
    """Return each effect's name with its unit, and its value for each seed."""
    by_chance, by_writer = ([mean(group_scores("features", w, s)) for s in range(3)] for w in (False, True))
    return {
        "test images in training, all of 50, features: inflation, points": inflation_of_leak(1),
        "test images in training, all of 50, pixels: inflation, points": inflation_of_leak(1, kind="pixels"),
        "copies before the split: inflation, points": [copies(s)["by copy"] for s in SEEDS],
        "copies, split by original: inflation, points": [copies(s)["by original"] for s in SEEDS],
        "random groups minus writers, features, points": [
            a - b for a, b in zip(by_chance, by_writer, strict=True)
        ],
        "noise, columns selected before the split: accuracy, %": [score_on_noise(s, 80) for s in SEEDS],
        "noise, columns selected after the split: accuracy, %": [score_on_noise(s, 40) for s in SEEDS],
        "scaling fitted on all images: inflation, points": [inflation_of_scaling(s) for s in SEEDS],
        "epoch chosen on 50 test images: inflation, points": [
            inflation_of_choosing(s)["test"] for s in SEEDS
        ],
        "textbook interval on 20 images: coverage, %": [coverage(textbook, s, 20) for s in SEEDS],
        "Wilson interval on 20 images: coverage, %": [coverage(wilson, s, 20) for s in SEEDS],
    }


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())

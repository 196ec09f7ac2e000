"""What lesson 06 says about its runs, asserted over several seeds. `measure()` gives the effects' sizes."""

from __future__ import annotations

from functools import cache
from statistics import mean

import pytest
import torch
from effect_rows import assert_shown
from sklearn.svm import SVC
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy, interpolate
from torchvision.models import get_model

import headstart.models  # noqa: F401  (registers glyphnet)
from headstart.data import Digits
from headstart.pretraining import EPOCHS, LETTERS
from headstart.training import accuracy, extract_features

pytestmark = pytest.mark.claims

SEEDS = range(3)
STEPS, BATCH = 50, 16
RATES = {"scratch": 3e-3, "pre-trained": 1e-3}
HEAD_RATE = 1e-2

Split = tuple[Tensor, Tensor]


def network(arm: str, seed: int) -> nn.Module:
    """Return glyphnet with a new head for ten digits; from scratch, the other weights are random too."""
    torch.manual_seed(seed)
    model = get_model("glyphnet", weights=None if arm == "scratch" else "DEFAULT")
    model.fc = nn.Linear(model.fc.in_features, 10)
    return model


def train(
    model: nn.Module,
    data: Split,
    held_out: Split,
    lr: float,
    seed: int,
    every: int = STEPS,
    steps: int = STEPS,
) -> list[tuple[int, float]]:
    """Train in the lesson's loop; return (step, validation accuracy in per cent) every `every` steps."""
    torch.manual_seed(seed)
    images, labels = data
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    history = []
    for step in range(1, steps + 1):
        batch = torch.randperm(len(images))[:BATCH]
        loss = cross_entropy(model.train()(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % every == 0:
            history.append((step, 100 * accuracy(model, *held_out)))
    return history


def splits(size: int, seed: int, fog: bool = False) -> tuple[Split, Split]:
    """Return training and validation digits, in the lesson's fog if wanted."""
    (x, y), (x_val, y_val) = (
        Digits("train", size=size, seed=seed).tensors(),
        Digits("val", seed=seed).tensors(),
    )
    if fog:
        x, x_val = foggy(x, seed), foggy(x_val, 100 + seed)
    return (x, y), (x_val, y_val)


def foggy(images: Tensor, seed: int) -> Tensor:
    """Return the images with smooth random blotches over them."""
    random = torch.Generator().manual_seed(seed)
    blotches = torch.randn(len(images), 1, 8, 8, generator=random)
    return images + 1.3 * interpolate(blotches, size=images.shape[-2:], mode="bilinear")


@cache
def race(arm: str, seed: int) -> list[tuple[int, float]]:
    """Return the history of one arm on 200 digits."""
    return train(network(arm, seed), *splits(200, seed), RATES[arm], seed, every=5)


def first_step(arm: str, seed: int, target: float) -> int | None:
    """Return the first step at which a run reached `target` per cent, or None."""
    return next((step for step, reached in race(arm, seed) if reached >= target), None)


def steps_or_budget(arm: str, target: float) -> list[int]:
    """Return for each seed the first step at which a run reached `target` per cent; "never" counts as the budget."""
    return [first_step(arm, seed, target) or STEPS for seed in SEEDS]


@cache
def reached(arm: str, size: int, seed: int, fog: bool = False, lr: float | None = None) -> float:
    """Return the validation accuracy in per cent after the whole budget."""
    if size == 200 and not fog and lr is None:
        return race(arm, seed)[-1][1]
    return train(network(arm, seed), *splits(size, seed, fog), lr or RATES[arm], seed)[-1][1]


@cache
def patient(size: int, seed: int) -> float:
    """Return the validation accuracy in per cent of scratch with four times the budget."""
    history = train(network("scratch", seed), *splits(size, seed), RATES["scratch"], seed, steps=4 * STEPS)
    return history[-1][1]


@cache
def head_only(arm: str, size: int, seed: int, fog: bool = False) -> float:
    """Return the accuracy in per cent of a new head on standardised features that stay as they are."""
    (x, y), (x_val, y_val) = splits(size, seed, fog)
    backbone = network(arm, seed)
    features, val_features = extract_features(backbone, x), extract_features(backbone, x_val)
    middle, spread = features.mean(0), features.std(0) + 1e-6
    data, held_out = ((features - middle) / spread, y), ((val_features - middle) / spread, y_val)
    return train(backbone.fc, data, held_out, HEAD_RATE, seed)[-1][1]


@cache
def svm(size: int, seed: int, fog: bool = False) -> float:
    """Return the accuracy in per cent of a support vector machine on small raw images."""
    data, held_out = splits(size, seed, fog)
    pixels = [adaptive_avg_pool2d(images, 8).flatten(1) for images, _ in (data, held_out)]
    return 100 * SVC(C=10).fit(pixels[0], data[1]).score(pixels[1], held_out[1])


@cache
def measure() -> dict[str, list[float]]:
    """Return the effects that the lesson speaks of: name with unit, one value a seed."""
    weak = [reached("scratch", 200, seed, lr=1e-4) for seed in SEEDS]
    effects = {
        f"steps to {target} %, pre-trained as a share of scratch (budget for 'never'), %": [
            100 * fast / slow
            for fast, slow in zip(
                steps_or_budget("pre-trained", target), steps_or_budget("scratch", target), strict=True
            )
        ]
        for target in (50, 90, 95)
    }
    effects["gain of fine-tuning over scratch, 200 digits, points"] = [
        reached("pre-trained", 200, seed) - reached("scratch", 200, seed) for seed in SEEDS
    ]
    effects["the same against a scratch run with rate 1e-4, points"] = [
        reached("pre-trained", 200, seed) - low for seed, low in zip(SEEDS, weak, strict=True)
    ]
    for size in (50, 200, 500):
        opponents = {
            "scratch": [reached("scratch", size, seed) for seed in SEEDS],
            "random features": [head_only("scratch", size, seed) for seed in SEEDS],
            "SVM": [svm(size, seed) for seed in SEEDS],
        }
        for name, theirs in opponents.items():
            effects[f"gain of the head over {name}, {size} digits, points"] = [
                head_only("pre-trained", size, seed) - other
                for seed, other in zip(SEEDS, theirs, strict=True)
            ]
    for size in (50, 500):
        effects[f"gain of the head over scratch with 200 steps, {size} digits, points"] = [
            head_only("pre-trained", size, seed) - patient(size, seed) for seed in SEEDS
        ]
    scratch = [reached("scratch", 200, seed, fog=True) for seed in SEEDS]
    in_fog = {
        "fine-tuning": [reached("pre-trained", 200, seed, fog=True) for seed in SEEDS],
        "the head": [head_only("pre-trained", 200, seed, fog=True) for seed in SEEDS],
        "the SVM": [svm(200, seed, fog=True) for seed in SEEDS],
    }
    for name, ours in in_fog.items():
        effects[f"in fog: gain of {name} over scratch, 200 digits, points"] = [
            own - other for own, other in zip(ours, scratch, strict=True)
        ]
    return effects


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


def effect(beginning: str) -> list[float]:
    """Return the one effect of `measure()` whose name begins so."""
    (values,) = [values for name, values in measure().items() if name.startswith(beginning)]
    return values


# ---------------------------------------------------------------------------------------------- the race


def test_every_pretrained_run_reaches_90_and_95_within_the_budget_and_sooner_than_scratch() -> None:
    for seed in SEEDS:
        for target in (90, 95):
            fast, slow = (first_step(arm, seed, target) for arm in ("pre-trained", "scratch"))
            assert fast is not None, (seed, target)
            assert slow is None or fast < slow, (seed, target)


def test_the_head_start_is_worth_more_the_higher_the_target() -> None:
    low, middle, high = (mean(effect(f"steps to {target} %")) for target in (50, 90, 95))
    assert low > 70, "at a low target the head start hardly shows"
    assert low > middle > high


def test_half_the_steps_is_right_at_90_for_the_sum_and_for_no_race() -> None:
    slow, fast = steps_or_budget("scratch", 90), steps_or_budget("pre-trained", 90)
    assert 0.4 < sum(fast) / sum(slow) < 0.6
    assert all(abs(f / s - 0.5) > 0.05 for f, s in zip(fast, slow, strict=True))


def test_scratch_does_not_always_reach_95_within_the_budget() -> None:
    assert any(first_step("scratch", seed, 95) is None for seed in SEEDS)


def test_fine_tuning_ends_higher_at_an_equal_budget() -> None:
    assert min(effect("gain of fine-tuning")) > 0
    assert mean(effect("gain of fine-tuning")) > 2


def test_a_weak_opponent_flatters() -> None:
    for fair, flattered in zip(
        effect("gain of fine-tuning"), effect("the same against a scratch"), strict=True
    ):
        assert flattered > fair + 10


def test_the_rate_of_scratch_is_no_weak_one() -> None:
    ours = mean(reached("scratch", 200, seed) for seed in SEEDS)
    assert ours > mean(reached("scratch", 200, seed, lr=RATES["pre-trained"]) for seed in SEEDS) - 1


def test_one_task_never_pays_the_pretraining_back() -> None:
    slow, fast = steps_or_budget("scratch", 90), steps_or_budget("pre-trained", 90)
    saved = BATCH * (mean(slow) - mean(fast))
    assert LETTERS * EPOCHS / saved > 100


# -------------------------------------------------------------------------------------- data size and gain


def test_the_gain_over_scratch_is_largest_with_few_images() -> None:
    few, some, many = (
        mean(effect(f"gain of the head over scratch, {size} digits")) for size in (50, 200, 500)
    )
    assert few > 6
    assert few > some + 2 and few > many + 2
    assert many > 0, "with 500 images the head still is ahead of scratch, at this budget"


def test_more_steps_help_scratch_with_many_images_and_not_with_few() -> None:
    few, many = (effect(f"gain of the head over scratch with 200 steps, {size} digits") for size in (50, 500))
    assert min(few) > 6
    assert mean(many) < 2
    assert mean(patient(50, seed) - reached("scratch", 50, seed) for seed in SEEDS) < 2
    assert mean(patient(500, seed) - reached("scratch", 500, seed) for seed in SEEDS) > 2


def test_learned_features_beat_random_ones_at_every_size() -> None:
    for size in (50, 200, 500):
        assert min(effect(f"gain of the head over random features, {size} digits")) > 3


def test_the_svm_catches_up() -> None:
    few, many = (effect(f"gain of the head over SVM, {size} digits") for size in (50, 500))
    assert mean(few) > 4
    assert mean(many) < 1.5


# --------------------------------------------------------------------------------------------- far from home


def test_in_fog_frozen_features_lose_and_the_svm_wins() -> None:
    assert mean(effect("in fog: gain of the head")) < -3
    assert mean(effect("in fog: gain of fine-tuning")) > 2
    assert mean(effect("in fog: gain of the SVM")) > mean(effect("in fog: gain of fine-tuning"))


def test_in_fog_the_head_loses_most_and_the_svm_least() -> None:
    lost = {
        "scratch": mean(reached("scratch", 200, s) - reached("scratch", 200, s, fog=True) for s in SEEDS),
        "pre-trained": mean(
            reached("pre-trained", 200, s) - reached("pre-trained", 200, s, fog=True) for s in SEEDS
        ),
        "head": mean(
            head_only("pre-trained", 200, s) - head_only("pre-trained", 200, s, fog=True) for s in SEEDS
        ),
        "svm": mean(svm(200, s) - svm(200, s, fog=True) for s in SEEDS),
    }
    assert max(lost, key=lost.__getitem__) == "head"
    assert min(lost, key=lost.__getitem__) == "svm"

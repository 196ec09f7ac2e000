"""What lesson 08 says, asserted: facts of PyTorch once, measured claims over three seeds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from statistics import mean

import pytest
import torch
from effect_rows import assert_shown
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LinearLR, OneCycleLR
from torchvision.models import get_model

import headstart.models
from headstart.data import Digits
from headstart.letters import letters
from headstart.training import accuracy, fit, predict_logits, set_batchnorm_eval

pytestmark = pytest.mark.claims

SEEDS = range(3)
BLOCKS = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc")
RATES = (1e-3, 1e-2, 1e-1)
BATCH = 20
STRATEGIES = ("head", "then last block", "then all", "all at once", "scratch")
NOISY = ("head", "then all", "all at once")

Split = tuple[Tensor, Tensor]


def digit_model(seed: int, weights: str | None = "DEFAULT") -> nn.Module:
    """Return glyphnet with a new head for ten digits, drawn from `seed`."""
    torch.manual_seed(seed)
    model = get_model("glyphnet", weights=weights)
    model.fc = nn.Linear(model.fc.in_features, 10)
    return model


def train_only(model: nn.Module, first: str) -> nn.Module:
    """Let the block `first` and all after it train, and freeze the rest."""
    for name in BLOCKS:
        model.get_submodule(name).requires_grad_(BLOCKS.index(name) >= BLOCKS.index(first))
    return model


def rate_groups(model: nn.Module, base_lr: float, decay: float) -> list[dict]:
    """Return the lesson's parameter groups: the head at `base_lr`, each earlier block times `decay`."""
    found = []
    for steps, name in enumerate(reversed(BLOCKS)):
        parameters = [p for p in model.get_submodule(name).parameters() if p.requires_grad]
        if parameters:
            found.append({"params": parameters, "lr": base_lr * decay**steps})
    return found


def train(
    model: nn.Module,
    data: Split,
    optimizer: Optimizer,
    epochs: int,
    scheduler: LambdaLR | None = None,
) -> None:
    """Train as the lesson's loop does: BatchNorm in eval mode, batches of 20, a scheduler step for each."""
    images, labels = data
    order = torch.Generator().manual_seed(0)
    model.train()
    set_batchnorm_eval(model)
    for _ in range(epochs):
        for batch in torch.randperm(len(images), generator=order).split(BATCH):
            optimizer.zero_grad()
            cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            if scheduler:
                scheduler.step()


def noisy(images: Tensor, seed: int, strength: float = 0.3) -> Tensor:
    """Add the lesson's noise: coarse blotches, a quarter of the resolution."""
    generator = torch.Generator().manual_seed(seed)
    height, width = images.shape[-2:]
    blotches = torch.randn(len(images), 1, height // 4, width // 4, generator=generator)
    spread = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return images + strength * interpolate(blotches, size=(height, width), mode="bilinear") / spread


def split(name: str, seed: int, noise: float) -> Split:
    """Return the 100 training digits or the validation digits of a seed, with noise or without."""
    data = Digits("train", size=100, seed=seed) if name == "train" else Digits(name, seed=seed)
    images, labels = data.tensors()
    return (noisy(images, seed + len(images), noise) if noise else images), labels


def adapted(strategy: str, data: Split, seed: int, epochs: int = 8, decay: float = 0.5) -> nn.Module:
    """Return a model adapted by one of the lesson's strategies, `epochs` epochs in all.

    In a second step each block's rate is `decay` times that of the block after it.
    """
    first = {"head": "fc", "then last block": "layer4"}.get(strategy, "conv1")
    if strategy == "scratch":
        model = digit_model(seed, weights=None)
        fit(model, *data, epochs=epochs, lr=1e-3, batch_size=BATCH, seed=seed)
        return model
    model = digit_model(seed)
    if strategy == "all at once":
        body = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
        optimizer = AdamW([{"params": body, "lr": 1e-3}, {"params": model.fc.parameters(), "lr": 1e-2}])
        fit(model, *data, epochs=epochs, lr=0, batch_size=BATCH, seed=seed, optimizer=optimizer, bn_eval=True)
        return model
    head_epochs = epochs if strategy == "head" else epochs // 2
    train_only(model, "fc")
    fit(model, *data, epochs=head_epochs, lr=1e-2, batch_size=BATCH, seed=seed, bn_eval=True)
    if strategy != "head":
        optimizer = AdamW(rate_groups(train_only(model, first), 1e-3, decay))
        rest = epochs - head_epochs
        fit(model, *data, epochs=rest, lr=0, batch_size=BATCH, seed=seed, optimizer=optimizer, bn_eval=True)
    return model


@cache
def losses_and_scores(strategy: str, noise: float) -> list[tuple[float, float]]:
    """Return the validation loss, and the validation accuracy in %, of a strategy for each seed."""
    found = []
    for seed in SEEDS:
        model, (images, labels) = (
            adapted(strategy, split("train", seed, noise), seed),
            split("val", seed, noise),
        )
        loss = cross_entropy(predict_logits(model, images), labels).item()
        found.append((loss, 100 * accuracy(model, images, labels)))
    return found


def scores(strategy: str, noise: float) -> list[float]:
    """Return the validation accuracy in % of a strategy for each seed."""
    return [score for _, score in losses_and_scores(strategy, noise)]


def losses(strategy: str, noise: float) -> list[float]:
    """Return the validation loss of a strategy for each seed."""
    return [loss for loss, _ in losses_and_scores(strategy, noise)]


@cache
def letter_data() -> Split:
    """Return the 1,000 letters on which the old task is scored."""
    counts, labels, _ = letters(1000, seed=7)
    return headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1)), labels


def on_both(model: nn.Module, seed: int) -> tuple[float, float]:
    """Return the accuracy in % on validation digits, and on letters with the old head."""
    digits = 100 * accuracy(model, *Digits("val", seed=seed).tensors())
    old = copy.deepcopy(model)
    old.fc = get_model("glyphnet", weights="DEFAULT").fc
    return digits, 100 * accuracy(old, *letter_data())


@cache
def with_head(seed: int) -> nn.Module:
    """Return a model whose new head has been trained for 5 epochs on 100 digits."""
    model = train_only(digit_model(seed), "fc")
    train(model, split("train", seed, 0), AdamW(model.fc.parameters(), lr=1e-2), 5)
    return model


@cache
def after_rate(rate: float) -> list[tuple[float, float]]:
    """Return digits and letters accuracy of each seed after five epochs in which all layers train at `rate`."""
    found = []
    for seed in SEEDS:
        model = copy.deepcopy(with_head(seed)).requires_grad_(True)
        train(model, split("train", seed, 0), AdamW(model.parameters(), lr=rate), 5)
        found.append(on_both(model, seed))
    return found


@cache
def after(way: str) -> list[tuple[float, float]]:
    """Return digits and letters accuracy of each seed after a new head at once, or discriminative rates."""
    found = []
    for seed in SEEDS:
        if way == "new head":
            model = digit_model(seed)
            optimizer = AdamW(model.parameters(), lr=1e-3)
        else:
            model = copy.deepcopy(with_head(seed)).requires_grad_(True)
            optimizer = AdamW(rate_groups(model, 1e-3, 0.5))
        train(model, split("train", seed, 0), optimizer, 5)
        found.append(on_both(model, seed))
    return found


def schedule(optimizer: Optimizer, warm_up: int, steps: int = 50) -> LambdaLR:
    """Return the lesson's schedule: a warm-up, and a straight line to zero."""
    return LambdaLR(optimizer, lambda i: min((i + 1) / max(warm_up, 1), 1 - i / steps))


@cache
def scheduled(warm_up: int) -> list[tuple[float, float]]:
    """Return digits and letters accuracy of each seed after ten epochs from the rate 0.01."""
    found = []
    for seed in SEEDS:
        model = copy.deepcopy(with_head(seed)).requires_grad_(True)
        optimizer = AdamW(model.parameters(), lr=1e-2)
        train(model, split("train", seed, 0), optimizer, 10, schedule(optimizer, warm_up))
        found.append(on_both(model, seed))
    return found


@cache
def frozen() -> list[tuple[float, float]]:
    """Return digits and letters accuracy of each seed with a new head on the frozen backbone."""
    return [on_both(with_head(seed), seed) for seed in SEEDS]


def letters_of(results: list[tuple[float, float]]) -> list[float]:
    """Return the letters accuracies."""
    return [letters_accuracy for _, letters_accuracy in results]


def digits_of(results: list[tuple[float, float]]) -> list[float]:
    """Return the digits accuracies."""
    return [digits_accuracy for digits_accuracy, _ in results]


def minus(first: list[float], second: list[float]) -> list[float]:
    """Return the differences within each seed."""
    return [one - other for one, other in zip(first, second, strict=True)]


def measure() -> dict[str, list[float]]:
    """Return the lesson's effects, one value for each seed."""
    head = scores("head", 0.0)
    effects = {
        f"{name} against the head alone, 100 digits, points": minus(scores(name, 0.0), head)
        for name in STRATEGIES[1:]
    }
    for name in NOISY[1:]:
        effects[f"{name} against the head alone, 100 noisy digits, points"] = minus(
            scores(name, 0.3), scores("head", 0.3)
        )
    for rate in RATES:
        effects[f"digits after all layers train at {rate:g}, %"] = digits_of(after_rate(rate))
        effects[f"letters after all layers train at {rate:g}, %"] = letters_of(after_rate(rate))
    for way in ("new head", "groups"):
        effects[f"letters after fine-tuning with {way} at 0.001, %"] = letters_of(after(way))
    for name, pick in (("digits", digits_of), ("letters", letters_of)):
        effects[f"{name} gained by warm-up at the rate 0.01, points"] = minus(
            pick(scheduled(10)), pick(scheduled(0))
        )
    for name in STRATEGIES[:-1]:
        effects[f"validation loss, {name}, 100 digits, nats"] = losses(name, 0.0)
    return effects


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


def test_a_hundredth_loses_the_letters_and_harms_the_digits() -> None:
    assert max(letters_of(after_rate(1e-2))) < 20
    assert max(minus(digits_of(after_rate(1e-2)), digits_of(frozen()))) < -3


def test_a_tenth_leaves_a_network_that_guesses() -> None:
    assert max(digits_of(after_rate(1e-1))) < 20
    assert max(letters_of(after_rate(1e-1))) < 10


def test_the_letters_show_the_damage_before_the_digits() -> None:
    assert max(minus(letters_of(after_rate(1e-3)), letters_of(frozen()))) < -2
    assert abs(mean(minus(digits_of(after_rate(1e-3)), digits_of(frozen())))) < 1.5


def test_a_trained_head_saves_letters_and_smaller_rates_save_more() -> None:
    assert min(minus(letters_of(after_rate(1e-3)), letters_of(after("new head")))) > 5
    assert min(minus(letters_of(after("groups")), letters_of(after_rate(1e-3)))) > 1
    assert min(letters_of(after("groups"))) > 92
    digits = [mean(digits_of(results)) for results in (after("new head"), after_rate(1e-3), after("groups"))]
    assert max(digits) - min(digits) < 3


def test_warm_up_softens_a_high_rate_and_does_not_mend_it() -> None:
    assert min(minus(letters_of(scheduled(10)), letters_of(scheduled(0)))) > 5
    assert mean(digits_of(scheduled(10))) > mean(digits_of(scheduled(0)))
    assert max(letters_of(scheduled(10))) < 70


def test_scratch_is_far_behind_on_one_budget() -> None:
    for strategy in ("head", "then last block", "then all", "all at once"):
        assert min(minus(scores(strategy, 0.0), scores("scratch", 0.0))) > 4


def test_on_similar_data_no_strategy_clearly_beats_the_head_alone() -> None:
    head = scores("head", 0.0)
    for strategy in ("then last block", "then all"):
        differences = minus(scores(strategy, 0.0), head)
        assert abs(mean(differences)) < 1.5
        assert min(differences) < 0 < max(differences)
    assert -3 < mean(minus(scores("all at once", 0.0), head)) < -0.5


def test_the_loss_prefers_a_second_step_and_refuses_all_at_once() -> None:
    head = mean(losses("head", 0.0))
    assert max(mean(losses(strategy, 0.0)) for strategy in ("then last block", "then all")) < 0.95 * head
    assert mean(losses("all at once", 0.0)) > 1.2 * head


def test_under_noise_freezing_loses_and_the_layers_below_the_head_must_change() -> None:
    head, gentle, at_once = (scores(strategy, 0.3) for strategy in NOISY)
    assert min(minus(gentle, head)) > 2
    assert min(minus(at_once, head)) > 5
    assert mean(minus(at_once, head)) > 8
    assert min(minus(at_once, gentle)) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_under_noise_a_longer_trained_head_does_not_help_and_a_larger_rate_below_does(seed: int) -> None:
    data, validation = split("train", seed, 0.3), split("val", seed, 0.3)
    gentle = scores("then all", 0.3)[seed]
    longer_head = adapted("head", data, seed, epochs=100)
    assert 100 * accuracy(longer_head, *validation) < gentle - 2
    larger_rates = adapted("then all", data, seed, decay=1)
    assert 100 * accuracy(larger_rates, *validation) > gentle + 1


@pytest.mark.parametrize("seed", SEEDS)
def test_early_blocks_hardly_move_at_their_small_rates(seed: int) -> None:
    def moved(decay: float) -> float:
        """Return by which share of its size the first layer has moved."""
        model = copy.deepcopy(with_head(seed)).requires_grad_(True)
        before = model.conv1.weight.detach().clone()
        train(model, split("train", seed, 0), AdamW(rate_groups(model, 1e-3, decay)), 2)
        return ((model.conv1.weight - before).norm() / before.norm()).item()

    assert moved(0.5) < 0.1 * moved(1)


def test_a_tensor_in_two_groups_is_an_error() -> None:
    model = digit_model(0)
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        AdamW([{"params": model.parameters()}, {"params": model.fc.parameters(), "lr": 1e-2}])


def test_one_cycle_with_one_rate_overwrites_the_groups_and_a_list_does_not() -> None:
    optimizer = AdamW(rate_groups(digit_model(0), 1e-3, 0.5))
    OneCycleLR(optimizer, max_lr=1e-3, total_steps=50)
    assert len({group["lr"] for group in optimizer.param_groups}) == 1
    groups = rate_groups(digit_model(0), 1e-3, 0.5)
    optimizer = AdamW(groups)
    OneCycleLR(optimizer, max_lr=[group["lr"] for group in groups], total_steps=50)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert all(later == pytest.approx(rate / 2) for rate, later in pairwise(rates))


@pytest.mark.parametrize("make", [lambda o: LambdaLR(o, lambda i: (i + 1) / 10), lambda o: LinearLR(o, 0.1)])
def test_factor_schedulers_keep_the_ratios(make: Callable[[Optimizer], object]) -> None:
    optimizer = AdamW(rate_groups(digit_model(0), 1e-3, 0.5))
    make(optimizer)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates[0] == pytest.approx(1e-4)
    assert all(later == pytest.approx(rate / 2) for rate, later in pairwise(rates))


def test_a_block_unfrozen_later_moves_only_once_the_optimizer_has_it() -> None:
    model = train_only(digit_model(0), "fc")
    optimizer = AdamW(model.fc.parameters(), lr=1e-3)
    model.layer4.requires_grad_(True)
    before = model.layer4[0].conv1.weight.detach().clone()
    train(model, split("train", 0, 0), optimizer, 1)
    assert torch.equal(model.layer4[0].conv1.weight, before)
    optimizer.add_param_group({"params": list(model.layer4.parameters()), "lr": 5e-4})
    train(model, split("train", 0, 0), optimizer, 1)
    assert not torch.equal(model.layer4[0].conv1.weight, before)

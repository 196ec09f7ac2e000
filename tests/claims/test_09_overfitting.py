"""What lesson 09 says, asserted: facts of PyTorch once, measured claims over four splits."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from statistics import mean

import pytest
import torch
from effect_rows import assert_shown
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model
from torchvision.transforms import v2

from headstart.data import Digits
from headstart.models import GlyphNet_Weights
from headstart.training import extract_features

pytestmark = pytest.mark.claims

SEEDS = range(4)
EPOCHS = 60
Split = tuple[Tensor, Tensor]
History = dict[str, Tensor]


@cache
def features(split: str, size: int | None = None, seed: int = 0) -> Split:
    """Return the features and labels of one split."""
    images, labels = Digits(split, size=size, seed=seed).tensors()
    return extract_features(get_model("glyphnet", weights=GlyphNet_Weights.DEFAULT), images), labels


@cache
def tired(seed: int) -> Split:
    """Return 200 training features, with one label in five wrong."""
    x, y = features("train", 200, seed)
    chance = torch.Generator().manual_seed(seed)
    wrong = torch.randperm(len(y), generator=chance)[: len(y) // 5]
    y = y.clone()
    y[wrong] = (y[wrong] + torch.randint(1, 10, (len(wrong),), generator=chance)) % 10
    return x, y


@cache
def augmented(seed: int, versions: int = 5) -> Tensor:
    """Return the features of changed versions of the 200 training images: (versions, 200, F)."""
    images, _ = Digits("train", size=200, seed=seed).tensors()
    change = v2.RandomAffine(degrees=15, translate=(0.1, 0.1), scale=(0.9, 1.1), fill=images.min().item())
    backbone = get_model("glyphnet", weights=GlyphNet_Weights.DEFAULT)
    torch.manual_seed(seed)
    changed = [torch.stack([change(image) for image in images]) for _ in range(versions)]
    return torch.stack([extract_features(backbone, version) for version in changed])


def measure_head(head: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return loss and accuracy in eval mode."""
    head.eval()
    with torch.no_grad():
        scores = head(x)
    return cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item()


def train(
    data: Split,
    val: Split,
    *,
    epochs: int = EPOCHS,
    lr: float = 3e-3,
    seed: int = 0,
    dropout: float = 0.0,
    weight_decay: float = 0.01,
    versions: Tensor | None = None,
    after_epoch: Callable[[nn.Module, float], None] | None = None,
) -> tuple[nn.Module, History]:
    """Train the lesson's head; return it with its history."""
    torch.manual_seed(seed)
    head = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, 10))
    optimizer = torch.optim.AdamW(head.parameters(), lr=lr, weight_decay=weight_decay)
    x, y = data
    rows = []
    for _ in range(epochs):
        shown = (
            x if versions is None else versions[torch.randint(len(versions), y.shape), torch.arange(len(y))]
        )
        head.train()
        for batch in torch.randperm(len(y)).split(50):
            loss = cross_entropy(head(shown[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        learned = (x, y) if versions is None else (versions.flatten(0, 1), y.repeat(len(versions)))
        rows.append([*measure_head(head, *learned), *measure_head(head, *val)])
        if after_epoch is not None:
            after_epoch(head, rows[-1][2])
    names = ("train loss", "train accuracy", "val loss", "val accuracy")
    return head, dict(zip(names, torch.tensor(rows).T, strict=True))


@cache
def clean_run(seed: int) -> History:
    """Return the history of the head on 50 clean images."""
    return train(features("train", 50, seed), features("val", seed=seed), epochs=100, lr=1e-2, seed=seed)[1]


REMEDIES = {
    "nothing": {},
    "weight decay 0.1": {"weight_decay": 0.1},
    "weight decay 5": {"weight_decay": 5.0},
    "dropout 0.5": {"dropout": 0.5},
    "augmentation": {},
}


@cache
def noisy_run(seed: int, remedy: str = "nothing") -> History:
    """Return the history of the head on 200 images with wrong labels."""
    versions = augmented(seed) if remedy == "augmentation" else None
    return train(tired(seed), features("val", seed=seed), seed=seed, versions=versions, **REMEDIES[remedy])[1]


def rise(run: History) -> float:
    """Return the last validation loss relative to the lowest."""
    return (run["val loss"][-1] / run["val loss"].min()).item()


def at_best(run: History, what: str = "val accuracy") -> float:
    """Return a value at the epoch with the lowest validation loss."""
    return run[what][run["val loss"].argmin()].item()


def at_end(run: History, what: str = "val accuracy") -> float:
    """Return a value after the last epoch."""
    return run[what][-1].item()


def measure() -> dict[str, list[float]]:
    """Return each effect, with its unit, as one value a split."""
    found = {
        "50 clean images: last validation loss over its lowest, times": [
            rise(clean_run(seed)) for seed in SEEDS
        ]
    }
    for remedy in REMEDIES:
        runs = [noisy_run(seed, remedy) for seed in SEEDS]
        found[f"wrong labels, {remedy}: validation accuracy at the best epoch, %"] = [
            100 * at_best(r) for r in runs
        ]
        found[f"wrong labels, {remedy}: validation accuracy at the end, %"] = [100 * at_end(r) for r in runs]
        found[f"wrong labels, {remedy}: last validation loss over its lowest, times"] = [
            rise(run) for run in runs
        ]
    return found


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


# ------------------------------------------------------------------------------------------------ measured


def test_clean_images_the_loss_rises_and_the_accuracy_holds() -> None:
    for seed in SEEDS:
        run = clean_run(seed)
        assert at_end(run, "train accuracy") == 1
        assert rise(run) > 1.5
        assert at_end(run) > at_best(run) - 0.015
        assert run["val loss"].argmin() < 30


def test_wrong_answers_become_surer() -> None:
    for seed in SEEDS:
        data, val = features("train", 50, seed), features("val", seed=seed)
        certainties, counts = [], []
        for epochs in (int(clean_run(seed)["val loss"].argmin()) + 1, 100):
            head, _ = train(data, val, epochs=epochs, lr=1e-2, seed=seed)
            with torch.no_grad():
                certainty, answers = head.eval()(val[0]).softmax(1).max(1)
            wrong = answers != val[1]
            certainties.append(certainty[wrong].mean().item())
            counts.append(int(wrong.sum()))
        assert certainties[1] > certainties[0] + 0.08
        assert abs(counts[1] - counts[0]) <= 8


def test_wrong_labels_are_learned_by_heart_and_cost_accuracy() -> None:
    for seed in SEEDS:
        run = noisy_run(seed)
        assert at_end(run, "train accuracy") > 0.98
        assert rise(run) > 1.3
        assert at_best(run) > at_end(run) + 0.05
        assert at_best(run) > 0.85


@cache
def head_after(seed: int, epochs: int) -> nn.Module:
    """Return the head that has learned 200 images with wrong labels for `epochs` epochs, in eval mode."""
    return train(tired(seed), features("val", seed=seed), epochs=epochs, seed=seed)[0].eval()


def best_head(seed: int) -> nn.Module:
    """Return the head of the epoch with the lowest validation loss."""
    return head_after(seed, int(noisy_run(seed)["val loss"].argmin()) + 1)


def suspects_of(head: nn.Module, seed: int) -> Tensor:
    """Return the places of the 40 training images with the highest loss."""
    x, y = tired(seed)
    return cross_entropy(head(x), y, reduction="none").topk(40).indices


def wrong_labels(seed: int) -> Tensor:
    """Tell of each training image whether its label is wrong."""
    return tired(seed)[1] != features("train", 200, seed)[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rule_is_learned_first_so_high_losses_point_to_wrong_labels(seed: int) -> None:
    assert wrong_labels(seed)[suspects_of(best_head(seed), seed)].float().mean() > 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_at_the_end_the_head_agrees_with_wrong_labels_and_suspects_less_well(seed: int) -> None:
    last, wrong = head_after(seed, EPOCHS), wrong_labels(seed)
    late, early = (wrong[suspects_of(head, seed)].float().mean() for head in (last, best_head(seed)))
    assert late < early - 0.2
    x, y = tired(seed)
    assert (last(x).argmax(1) == y)[wrong].float().mean() > 0.9


def test_with_the_suspects_put_right_there_is_much_less_to_overfit() -> None:
    mended_runs = []
    for seed in SEEDS:
        (x, y), truth = tired(seed), features("train", 200, seed)[1]
        suspects = suspects_of(best_head(seed), seed)
        mended = y.clone()
        mended[suspects] = truth[suspects]
        mended_runs.append(train((x, mended), features("val", seed=seed), seed=seed)[1])
        assert rise(mended_runs[-1]) < rise(noisy_run(seed))
        assert at_end(mended_runs[-1]) > at_end(noisy_run(seed)) + 0.05
    risen = mean(rise(noisy_run(seed)) - 1 for seed in SEEDS)
    assert mean(rise(run) - 1 for run in mended_runs) < 0.5 * risen


@pytest.mark.parametrize("seed", SEEDS)
def test_strong_dropout_makes_bumps(seed: int) -> None:
    def bumps(dropout: float) -> int:
        """Return how often the validation loss rises before its lowest point."""
        _, run = train(tired(seed), features("val", seed=seed), seed=seed, dropout=dropout)
        until = run["val loss"][: run["val loss"].argmin() + 1]
        return int((until.diff() > 0).sum())

    assert bumps(0.9) > bumps(0.0) + 3


def test_usual_weight_decay_does_next_to_nothing() -> None:
    for value, bound in ((at_end, 0.02), (rise, 0.1)):
        plain = mean(value(noisy_run(seed)) for seed in SEEDS)
        decayed = mean(value(noisy_run(seed, "weight decay 0.1")) for seed in SEEDS)
        assert abs(decayed - plain) < bound
    assert all(at_end(noisy_run(seed, "weight decay 0.1"), "train accuracy") > 0.97 for seed in SEEDS)


@pytest.mark.parametrize("remedy", ["weight decay 5", "dropout 0.5"])
def test_strong_decay_and_dropout_help_at_the_end(remedy: str) -> None:
    gains = [at_end(noisy_run(seed, remedy)) - at_end(noisy_run(seed)) for seed in SEEDS]
    assert mean(gains) > 0.02
    assert sum(gain > 0 for gain in gains) >= 3
    assert mean(at_end(noisy_run(seed, remedy), "train accuracy") for seed in SEEDS) < 0.98


def test_augmentation_slows_learning_by_heart_and_does_not_save_the_accuracy() -> None:
    runs = [noisy_run(seed, "augmentation") for seed in SEEDS]
    assert max(at_end(run, "train accuracy") for run in runs) < 0.95
    longer = train(tired(0), features("val", seed=0), epochs=5 * EPOCHS, versions=augmented(0))[1]
    assert at_end(longer, "train accuracy") > 0.98
    assert mean(at_end(run) for run in runs) < mean(at_best(noisy_run(seed)) for seed in SEEDS) - 0.05


@pytest.mark.parametrize("remedy", [name for name in REMEDIES if name != "nothing"])
def test_no_remedy_is_ahead_of_the_plain_head_at_its_best_epoch(remedy: str) -> None:
    plain = mean(at_best(noisy_run(seed)) for seed in SEEDS)
    assert mean(at_best(noisy_run(seed, remedy)) for seed in SEEDS) < plain + 0.01
    assert mean(at_end(noisy_run(seed, remedy)) for seed in SEEDS) < plain


def test_too_little_patience_stops_at_a_bump() -> None:
    found = {1: [], 15: []}
    for seed in SEEDS:
        _, run = train(tired(seed), features("val", seed=seed), seed=seed, dropout=0.9)
        losses = run["val loss"].tolist()
        for patience, lowest in found.items():
            best = 0
            for epoch, loss in enumerate(losses):
                if loss < losses[best]:
                    best = epoch
                elif epoch - best >= patience:
                    break
            lowest.append(losses[best])
    assert all(early > late for early, late in zip(*found.values(), strict=True))


def test_a_state_dict_that_is_not_copied_restores_the_last_weights() -> None:
    for seed in SEEDS:
        losses: list[float] = []
        states: dict[str, dict] = {}

        def keep(head: nn.Module, loss: float, losses: list = losses, states: dict = states) -> None:
            losses.append(loss)
            if loss == min(losses):
                states.update(reference=head.state_dict(), copy=copy.deepcopy(head.state_dict()))

        val = features("val", seed=seed)
        head, run = train(tired(seed), val, epochs=16, seed=seed, after_epoch=keep)
        head.load_state_dict(states["reference"])
        assert measure_head(head, *val)[0] == pytest.approx(run["val loss"][-1].item(), rel=1e-5)
        assert run["val loss"][-1] > 1.03 * run["val loss"].min()
        head.load_state_dict(states["copy"])
        assert measure_head(head, *val)[0] == pytest.approx(run["val loss"].min().item(), rel=1e-5)


def test_the_more_looks_the_more_luck() -> None:
    matrices = []
    for seed in SEEDS:
        val, test = features("val", seed=seed), features("test", seed=seed)
        rows: list[list[Tensor]] = []

        def note(
            head: nn.Module, loss: float, rows: list = rows, val: Split = val, test: Split = test
        ) -> None:
            with torch.no_grad():
                rows.append([(head(x).argmax(1) == y).float() for x, y in (val, test)])

        train(tired(seed), val, seed=seed, after_epoch=note)
        matrices.append([torch.stack(right) for right in zip(*rows, strict=True)])
    torch.manual_seed(1)
    optimism, real = [], []
    for looks in (1, 3, 10, 60):
        pairs = []
        for on_val, on_test in matrices * 150:
            epochs, images = torch.randperm(EPOCHS)[:looks], torch.randperm(on_val.shape[1])[:50]
            scores = on_val[epochs][:, images].mean(1)
            pairs.append([scores.max().item(), on_test[epochs[scores.argmax()]].mean().item()])
        seen, on_test_set = torch.tensor(pairs).mean(0).tolist()
        optimism.append(seen - on_test_set)
        real.append(on_test_set)
    assert optimism[-1] > optimism[0] + 0.01
    assert optimism == sorted(optimism)
    assert real == sorted(real)

"""What lesson 02 says, asserted: arithmetic of the paradox once, measured claims over twenty splits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from effect_rows import assert_shown
from sklearn import metrics
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torchvision.models import get_model

from headstart.data import Digits
from headstart.models import GlyphNet_Weights
from headstart.training import extract_features

pytestmark = pytest.mark.claims

SEEDS = 20
STEPS = {"clean": 150, "noisy": 400}
Scores = Callable[[Tensor], np.ndarray]


@cache
def data() -> tuple[dict[str, Tensor], Tensor]:
    """Return the features of all digits, clean and noisy, and which of them show an 8."""
    images, is_eight = torch.empty(1797, 3, 32, 32), torch.empty(1797)
    for split in ("train", "val", "test"):
        digits = Digits(split)
        images[digits.indices], labels = digits.tensors()
        is_eight[digits.indices] = (labels == 8).float()
    backbone = get_model("glyphnet", weights=GlyphNet_Weights.DEFAULT)
    noise = 0.7 * torch.randn(images[:, :1].shape, generator=torch.Generator().manual_seed(1))
    features = {
        "clean": extract_features(backbone, images),
        "noisy": extract_features(backbone, images + noise),
    }
    return features, is_eight


def rare(split: str, prevalence: float = 0.025) -> Tensor:
    """Return the places (SEEDS, N) of all other digits and so few 8s that they have this prevalence."""
    is_eight, rows = data()[1], []
    for seed in range(SEEDS):
        places = Digits(split, seed=seed).indices
        eights, others = places[is_eight[places] == 1], places[is_eight[places] == 0]
        kept = round(len(others) * prevalence / (1 - prevalence))
        rows.append(torch.cat([others, eights[:kept]]))
    return torch.stack(rows)


@cache
def heads(kind: str, weight_loss: bool = False, weight_draw: bool = False, longer: int = 1) -> Scores:
    """Train one head for each split, as the lesson does; return a function from places to scores."""
    features, is_eight = data()[0][kind], data()[1]
    train = rare("train")
    count, positives = train.shape[1], int(is_eight[train[0]].sum())
    class_weight = torch.tensor([count / (2 * (count - positives)), count / (2 * positives)])
    balance, equal = class_weight[is_eight[train].long()], torch.ones(train.shape)
    generator = torch.Generator().manual_seed(5)
    weight = (0.05 * torch.randn(SEEDS, 128, 1, generator=generator)).requires_grad_()
    bias = torch.zeros(SEEDS, 1, 1, requires_grad=True)
    optimizer = torch.optim.AdamW([weight, bias], lr=3e-3)
    for _ in range(STEPS[kind] * longer):
        chances = balance if weight_draw else equal
        drawn = torch.multinomial(chances, 64, replacement=True, generator=generator)
        batch = train.gather(1, drawn)
        factor = (balance if weight_loss else equal).gather(1, drawn)
        scores = (features[batch] @ weight + bias).squeeze(2)
        loss = binary_cross_entropy_with_logits(scores, is_eight[batch], weight=factor)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return lambda rows: (features[rows] @ weight + bias).squeeze(2).sigmoid().detach().numpy()


@cache
def test_rows() -> tuple[Tensor, np.ndarray]:
    """Return the places of the test images of every split, and which of them show an 8."""
    rows = rare("test")
    return rows, data()[1][rows].numpy() == 1


test_rows.__test__ = False


def moved_threshold(kind: str) -> np.ndarray:
    """Return the threshold with the best F1 on each split's validation images, (SEEDS, 1)."""
    val = rare("val")
    chosen = []
    for y, scores in zip(data()[1][val].numpy() == 1, heads(kind)(val), strict=True):
        precision, recall, thresholds = metrics.precision_recall_curve(y, scores)
        f1 = 2 * precision * recall / (precision + recall + 1e-9)
        chosen.append([thresholds[f1[:-1].argmax()]])
    return np.array(chosen)


def effects(scores: np.ndarray, threshold: float | np.ndarray = 0.5) -> dict[str, np.ndarray]:
    """Return per split: accuracy, recall, alarms, false alarms, ROC-AUC, PR-AUC and the mean score."""
    y = test_rows()[1]
    yes = scores >= threshold
    pairs = list(zip(y, scores, strict=True))
    return {
        "accuracy": (yes == y).mean(1),
        "recall": (yes & y).sum(1) / y.sum(1),
        "alarms": yes.sum(1),
        "false alarms": (yes & ~y).sum(1),
        "ROC-AUC": np.array([metrics.roc_auc_score(*pair) for pair in pairs]),
        "PR-AUC": np.array([metrics.average_precision_score(*pair) for pair in pairs]),
        "mean score": scores.mean(1),
    }


@cache
def run(kind: str, repair: str = "naive") -> dict[str, np.ndarray]:
    """Return the effects of one row of the lesson's tables."""
    options = {
        "class weights": {"weight_loss": True},
        "weighted sampling": {"weight_draw": True},
        "both": {"weight_loss": True, "weight_draw": True},
        "trained longer": {"longer": 5},
    }
    scores = heads(kind, **options.get(repair, {}))(test_rows()[0])
    return effects(scores, moved_threshold(kind) if repair == "threshold moved" else 0.5)


def precision(row: dict[str, np.ndarray]) -> float:
    """Return the share of right alarms, all splits together."""
    return float(1 - row["false alarms"].sum() / row["alarms"].sum())


REPAIRS = ("threshold moved", "class weights", "weighted sampling", "trained longer")


def measure() -> dict[str, list[float]]:
    """Return each effect, with its unit, as one value a split."""
    found: dict[str, list[float]] = {}
    for kind in STEPS:
        for repair in ("naive", *REPAIRS):
            row = run(kind, repair)
            for name in ("accuracy", "recall", "PR-AUC"):
                found[f"{kind}, {repair}: {name}, %"] = (100 * row[name]).tolist()
            found[f"{kind}, {repair}: false alarms, images"] = row["false alarms"].tolist()
    return found


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


# ---------------------------------------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(("accuracy", "recall"), [(0.98, 0.12), (0.95, 0.5), (0.999, 0.3)])
def test_the_largest_prevalence(accuracy: float, recall: float) -> None:
    largest = (1 - accuracy) / (1 - recall)
    for prevalence, possible in ((0.999 * largest, True), (1.001 * largest, False)):
        false_alarms = 1 - accuracy - prevalence * (1 - recall)
        assert (false_alarms >= 0) == possible


def test_below_two_per_cent_never_is_more_accurate_and_above_it_hardly_less() -> None:
    largest = 0.02 / 0.88
    assert round(100 * largest, 2) == 2.27
    assert 1 - 0.019 > 0.98 > 1 - 0.021
    assert 0.98 - (1 - largest) < 0.005


def test_always_dog() -> None:
    pets, answers = ["dog"] * 90 + ["cat"] * 10, ["dog"] * 100
    assert metrics.accuracy_score(pets, answers) == 0.9
    assert metrics.recall_score(pets, answers, pos_label="cat") == 0
    assert metrics.balanced_accuracy_score(pets, answers) == 0.5
    assert metrics.f1_score(pets, answers, pos_label="cat") == 0


def test_useless_scores_have_a_pr_auc_of_the_prevalence_and_a_roc_auc_of_a_half() -> None:
    y = np.array([1] * 25 + [0] * 975)
    assert metrics.average_precision_score(y, np.zeros(1000)) == pytest.approx(0.025)
    assert metrics.roc_auc_score(y, np.zeros(1000)) == 0.5


def test_weights_of_an_absent_class_scaled_to_sum_one_make_the_loss_nan() -> None:
    labels = torch.tensor([0, 0, 0, 1])
    weight = 1 / torch.bincount(labels, minlength=3)
    weight = weight / weight.sum()
    assert torch.isnan(cross_entropy(torch.zeros(4, 3), labels, weight=weight))


# ------------------------------------------------------------------------------------------------ measured


def test_accuracy_is_high_recall_is_low_and_different_in_every_split() -> None:
    naive, y = run("clean"), test_rows()[1]
    assert naive["accuracy"].mean() > 0.97
    assert naive["accuracy"].min() >= (1 - y.mean(1)).min() - 0.002  # about as good as "never", or better
    assert naive["recall"].mean() < 0.3
    assert naive["recall"].max() - naive["recall"].min() > 0.25
    assert np.ptp(naive["accuracy"]) < 0.03


def test_the_order_of_the_scores_is_good_although_recall_is_low() -> None:
    assert (run("clean")["ROC-AUC"] > 0.85).all()
    assert run("clean")["ROC-AUC"].mean() > 0.95
    scores, y = heads("clean")(test_rows()[0]), test_rows()[1]
    assert (scores[y] < 0.5).mean() > 0.7


@pytest.mark.parametrize("repair", REPAIRS)
def test_every_repair_finds_several_times_as_many_without_costing_accuracy(repair: str) -> None:
    naive, repaired = run("clean"), run("clean", repair)
    assert repaired["recall"].mean() > 3 * naive["recall"].mean()
    assert repaired["accuracy"].mean() > naive["accuracy"].mean() - 0.002


def test_training_longer_gives_next_to_no_false_alarms() -> None:
    assert precision(run("clean", "trained longer")) > 0.95


@pytest.mark.parametrize("repair", ["class weights", "weighted sampling"])
def test_with_noise_recall_is_paid_with_precision_and_accuracy(repair: str) -> None:
    naive, repaired = run("noisy"), run("noisy", repair)
    assert repaired["recall"].mean() > 2 * naive["recall"].mean()
    assert precision(repaired) < precision(naive) - 0.3
    assert repaired["accuracy"].mean() < naive["accuracy"].mean() - 0.005
    assert repaired["mean score"].mean() > 2 * naive["mean score"].mean()


@pytest.mark.parametrize("between", ["threshold moved", "trained longer"])
def test_a_moved_threshold_and_longer_training_lie_between(between: str) -> None:
    middle = run("noisy", between)
    assert middle["accuracy"].mean() > run("noisy")["accuracy"].mean() - 0.002
    for weighted in ("class weights", "weighted sampling"):
        far = run("noisy", weighted)
        assert run("noisy")["recall"].mean() < middle["recall"].mean() < far["recall"].mean()
        assert run("noisy")["false alarms"].sum() < middle["false alarms"].sum() < far["false alarms"].sum()


def test_repairs_do_not_create_information() -> None:
    for repair in REPAIRS:
        assert abs(run("noisy", repair)["PR-AUC"].mean() - run("noisy")["PR-AUC"].mean()) < 0.06


def test_naive_scores_have_a_mean_near_the_prevalence() -> None:
    assert run("noisy")["mean score"].mean() == pytest.approx(0.025, abs=0.008)


def test_a_score_near_a_half_means_one_in_two_only_after_long_training() -> None:
    rows, y = test_rows()

    def share_of_eights(**options: Any) -> float:
        scores = heads("noisy", **options)(rows)
        return float(y[(scores >= 0.4) & (scores < 0.6)].mean())

    assert 0.35 < share_of_eights(longer=5) < 0.65
    assert 0.04 < share_of_eights(weight_loss=True) < 0.2
    assert 0.04 < share_of_eights(weight_draw=True) < 0.2


def test_with_fewer_positives_roc_auc_stays_and_pr_auc_falls() -> None:
    is_eight, naive = data()[1], heads("noisy")
    roc, pr = [], []
    for prevalence in (0.09, 0.05, 0.025, 0.01):
        rows = rare("test", prevalence)
        pairs = list(zip(is_eight[rows].numpy(), naive(rows), strict=True))
        roc.append(np.mean([metrics.roc_auc_score(*pair) for pair in pairs]))
        pr.append(np.mean([metrics.average_precision_score(*pair) for pair in pairs]))
    assert max(roc) - min(roc) < 0.04 and min(roc) > 0.9
    assert pr == sorted(pr, reverse=True) and pr[0] - pr[-1] > 0.15
    assert pr[2] < 0.75


def test_two_repairs_at_once_make_nearly_every_alarm_false() -> None:
    both = run("noisy", "both")
    assert both["recall"].mean() > 0.85
    assert precision(both) < 0.15
    assert both["accuracy"].mean() < 0.85


def test_a_balanced_test_set_keeps_recall_and_flatters_precision() -> None:
    rows, y = test_rows()
    yes = heads("noisy", weight_loss=True)(rows) >= 0.5
    precisions, recalls = [], []
    for others in (723, 19):
        kept = np.r_[:others, 723:742]
        precisions.append(metrics.precision_score(y[:, kept].ravel(), yes[:, kept].ravel()))
        recalls.append(metrics.recall_score(y[:, kept].ravel(), yes[:, kept].ravel()))
    assert recalls[0] == recalls[1]
    assert precisions[0] < 0.5 and precisions[1] > 0.9

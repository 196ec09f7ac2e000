"""Every snippet of the cheat sheet runs, in the order of the page, and does what its heading says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from autograder.build.cheat_sheet import HIDDEN, read_cheat_sheet

ROOT = Path(__file__).resolve().parents[2]


def snippets() -> dict[str, str]:
    """Return the code below each heading; the stand-ins, which have none, come under their tag."""
    found: dict[str, str] = {}
    heading = HIDDEN
    for cell in read_cheat_sheet(ROOT):
        if cell.cell_type == "markdown":
            heading = cell.source.removeprefix("## ").split(" · ")[0]
        else:
            found[heading] = cell.source
    return found


CODE = snippets()


@pytest.fixture(scope="module")
def after() -> dict[str, dict[str, Any]]:
    """Run all snippets in one namespace; return a copy of the namespace after each."""
    space: dict[str, Any] = {}
    result = {}
    torch.manual_seed(0)
    for heading, source in CODE.items():
        exec(compile(source, f"cheat sheet, {heading}", "exec"), space)
        result[heading] = dict(space)
        if heading == "Freeze, then replace the head":
            names = [name for name, p in space["model"].named_parameters() if p.requires_grad]
            result[heading]["trains at that time"] = names
        if heading == "Train mode, frozen BatchNorm in eval":
            result[heading]["training at that time"] = {
                name: module.training for name, module in space["model"].named_modules()
            }
        if "model" in space:
            state = space["model"].state_dict()
            result[heading]["state at that time"] = {name: tensor.clone() for name, tensor in state.items()}
    return result


def test_every_heading_has_its_snippet() -> None:
    assert list(CODE) == [
        HIDDEN,
        "Load with weights and their own preprocessing",
        "Freeze, then replace the head",
        "The optimizer last, over what trains",
        "Train mode, frozen BatchNorm in eval",
        "One step",
        "Predict",
        "Cache the features of a frozen backbone",
        "Unfreeze with discriminative rates",
        "Stop early, keep the best weights",
        "Save and load without running foreign code",
        "Four counts and what they give",
        "Threshold from costs, on validation data",
        "95 % interval of a share (Wilson)",
    ]


def test_load(after: dict[str, dict[str, Any]]) -> None:
    space = after["Load with weights and their own preprocessing"]
    assert space["images"].shape == (50, 3, 32, 32)


def test_only_the_new_head_trains(after: dict[str, dict[str, Any]]) -> None:
    space = after["Freeze, then replace the head"]
    assert space["trains at that time"] == ["fc.weight", "fc.bias"]
    assert space["new_head"].out_features == 10
    [group] = after["The optimizer last, over what trains"]["optimizer"].param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in space["new_head"].parameters()]


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "glyphnet_vgg"])
def test_the_head_is_found_in_any_family(name: str) -> None:
    model = get_model(name, weights=None)
    exec(CODE["Freeze, then replace the head"], {"model": model, "nn": nn, "num_classes": 7})
    trains = [p.shape for p in model.parameters() if p.requires_grad]
    assert len(trains) == 2 and trains[1] == (7,)
    assert model.eval()(torch.zeros(2, 3, 64, 64)).shape == (2, 7)


def test_batchnorm_is_in_eval_mode_and_the_rest_trains(after: dict[str, dict[str, Any]]) -> None:
    modes = after["Train mode, frozen BatchNorm in eval"]["training at that time"]
    assert modes[""] and modes["fc"] and modes["layer1"]
    assert not modes["bn1"] and not modes["layer4.0.bn2"]


def test_one_step_moves_the_head_and_nothing_frozen(after: dict[str, dict[str, Any]]) -> None:
    before = after["Train mode, frozen BatchNorm in eval"]["state at that time"]
    later = after["One step"]["state at that time"]
    assert {name for name in before if not torch.equal(before[name], later[name])} == {"fc.weight", "fc.bias"}


def test_predict(after: dict[str, dict[str, Any]]) -> None:
    space = after["Predict"]
    assert space["top"].shape == space["classes"].shape == (50, 3)
    assert torch.allclose(space["probabilities"].sum(1), torch.ones(50), atol=1e-5)
    assert not space["probabilities"].requires_grad


def test_cached_features_can_train_a_head(after: dict[str, dict[str, Any]]) -> None:
    features = after["Cache the features of a frozen backbone"]["features"]
    assert features.shape == (50, 128)
    nn.Linear(128, 10)(features).sum().backward()


def test_the_head_has_the_highest_rate_and_every_parameter_one(after: dict[str, dict[str, Any]]) -> None:
    space = after["Unfreeze with discriminative rates"]
    rates = [group["lr"] for group in space["optimizer"].param_groups]
    assert rates == sorted(rates, reverse=True) and rates[0] == 1e-3
    held = [id(p) for group in space["optimizer"].param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in space["model"].parameters())


def test_early_stopping_waits_and_restores(after: dict[str, dict[str, Any]]) -> None:
    space = after["Stop early, keep the best weights"]
    losses = space["val_losses"]
    assert len(losses) == losses.index(min(losses)) + 1 + space["patience"] < space["epochs"]
    state = space["model"].state_dict()
    assert all(torch.equal(state[name], space["best"][name]) for name in state)


def test_saved_weights_come_back(after: dict[str, dict[str, Any]]) -> None:
    space = after["Save and load without running foreign code"]
    assert list(space["state"]) == list(space["model"].state_dict())


def test_counts_and_metrics(after: dict[str, dict[str, Any]]) -> None:
    space = after["Four counts and what they give"]
    assert [space[name] for name in ("tp", "fp", "fn", "tn")] == [2, 1, 1, 2]
    assert [space[name] for name in ("precision", "recall", "f1")] == pytest.approx([2 / 3] * 3)


def test_the_threshold_is_the_cheapest_of_all(after: dict[str, dict[str, Any]]) -> None:
    space = after["Threshold from costs, on validation data"]
    scores, is_yes = space["scores"], space["is_yes"]

    def cost(threshold: float) -> float:
        says = scores >= threshold
        return (says & ~is_yes).sum() * space["cost_fp"] + (~says & is_yes).sum() * space["cost_fn"]

    assert cost(space["threshold"]) == min(cost(t) for t in [*scores.tolist(), float("inf")])
    assert space["threshold"] == pytest.approx(0.6)


def test_the_interval(after: dict[str, dict[str, Any]]) -> None:
    space = after["95 % interval of a share (Wilson)"]
    for end in ("low", "high"):
        # Wilson's interval ends where the share is 1.96 standard errors away.
        p = space[end]
        assert abs(48 / 50 - p) == pytest.approx(1.96 * (p * (1 - p) / 50) ** 0.5)
    assert 0.8 < space["low"] < 0.96 < space["high"] < 1

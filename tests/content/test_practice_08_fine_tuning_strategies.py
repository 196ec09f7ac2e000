"""The practice questions of lesson 08, tried: rates read from optimizers, code run, bugs made and mended."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
import torch
from question_bench import (
    assert_pool,
    assert_prints,
    assert_tried,
    practice,
    quoted,
    run,
    snippet,
    views,
)
from torch import nn
from torch.optim.lr_scheduler import LinearLR
from torchvision.models import get_model

QUESTIONS = practice("08_fine_tuning_strategies")
BLOCKS = ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"]
# The lesson's decision table: rows by number of images, columns by similarity.
TABLE = {
    (0, 1_000): {"high": "head", "medium": "last block", "low": "all"},
    (1_000, 10_000): {"high": "last block", "medium": "all", "low": "all"},
    (10_000, 10**9): {"high": "all", "medium": "all", "low": "scratch"},
}
FREEDOM = ["head", "last block", "all", "scratch"]


def strategy(images: int, similarity: str) -> str:
    """Look a strategy up in the lesson's table."""
    (row,) = [row for (low, high), row in TABLE.items() if low <= images < high]
    return row[similarity]


def rates(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, float]:
    """Return the rate of each block by name."""
    found = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    return {name: found[id(next(model.get_submodule(name).parameters()))] for name in BLOCKS}


def test_the_pool_is_large_and_every_claim_is_tried() -> None:
    assert_pool(QUESTIONS)
    assert_tried(QUESTIONS, globals())


def test_group_rate() -> None:
    for seen in views(QUESTIONS["group-rate"]):
        rate = seen.values["head"]
        for _ in range(seen.values["steps"]):
            rate = rate * seen.values["decay"]
        assert float(seen.answer) == pytest.approx(rate * 1e6, abs=0.5)


def test_factor_wanted() -> None:
    for seen in views(QUESTIONS["factor-wanted"]):
        rate = 1.0
        for _ in range(seen.values["places"]):
            rate = rate * (1 / seen.values["ratio"]) ** (1 / seen.values["places"])
        assert rate * seen.values["ratio"] == pytest.approx(1)
        low, high = 0.0, 1.0  # the same factor, found by halving an interval
        while high - low > 1e-6:
            middle = (low + high) / 2
            product = 1.0
            for _ in range(seen.values["places"]):
                product *= middle
            low, high = (middle, high) if product < 1 / seen.values["ratio"] else (low, middle)
        assert float(seen.answer) == pytest.approx(low, abs=0.001)


def test_which_first_and_freedom_follow_the_table() -> None:
    assert strategy(3000, "medium") == "all"
    sizes = [
        (300, "high"),
        (300, "medium"),
        (5_000, "medium"),
        (50_000, "low"),
    ]
    texts = [item.text for item in QUESTIONS["freedom"].items]
    for (images, similarity), text in zip(sizes, texts, strict=True):
        assert text.startswith(f"{images:,} ")
        assert f"similarity {similarity}" in text or (similarity == "high" and "much like" in text)
    assert [FREEDOM.index(strategy(*size)) for size in sizes] == [0, 1, 2, 3]


def test_head_twice() -> None:
    question = QUESTIONS["head-twice"]
    message = quoted(question.options[0].why).splitlines()[0]
    with pytest.raises(ValueError, match=message):
        snippet(question, torch=torch, model=get_model("resnet18", weights=None))
    model = get_model("resnet18", weights=None)
    body = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    # A generator, other rates and the head at the end are all accepted.
    groups = [{"params": body, "lr": 1e-4}, {"params": model.fc.parameters(), "lr": 1e-2}]
    assert [group["lr"] for group in torch.optim.AdamW(groups).param_groups] == [1e-4, 1e-2]


def test_backwards() -> None:
    question = QUESTIONS["backwards"]

    def by_name(code: str) -> dict[str, float]:
        model = get_model("resnet18", weights=None)
        return rates(run(code, torch=torch, model=model)[1]["optimizer"], model)

    wrong = by_name(question.code or "")
    assert wrong["conv1"] == 1e-2 and wrong["fc"] == pytest.approx(1e-2 / 64)
    right = by_name(re.sub(r"in (\[.*\]):", r"in reversed(\1):", question.code or ""))
    assert right["fc"] == 1e-2 and right["conv1"] == pytest.approx(1e-2 / 64)
    doubled = by_name((question.code or "").replace("0.5", "2"))
    assert doubled["fc"] == pytest.approx(0.64)


def test_linear_warm_up() -> None:
    model = get_model("resnet18", weights=None)
    for seen in views(QUESTIONS["linear-warm-up"]):
        assert_prints(seen, torch=torch, model=model, LinearLR=LinearLR)


def test_difference_range() -> None:
    for seen in views(QUESTIONS["difference-range"]):
        rows = re.findall(r"^\| (?:head|then).*", seen.stem, re.M)
        head, then_all = ([float(cell) for cell in re.findall(r"\d+\.\d", row)] for row in rows)
        differences = [b - a for a, b in zip(head, then_all, strict=True)]
        assert max(differences) - min(differences) == pytest.approx(float(seen.answer), abs=1e-6)
        assert min(differences) < 0 < max(differences)


def test_budget() -> None:
    trained: dict[int, int] = {}

    def train(model: nn.Module, seed: int, epochs: int) -> None:
        trained[id(model)] = trained.get(id(model), 0) + epochs

    kept = []  # so that no id is used twice

    def new_model(seed: int) -> nn.Module:
        kept.append(nn.Linear(1, 1).requires_grad_(False))
        return kept[-1]

    names: dict[str, Any] = {"train": train, "new_model": new_model, "head": {}, "then_all": {}}
    snippet(QUESTIONS["budget"], test_accuracy=lambda model, seed: trained[id(model)], **names)
    assert set(names["head"].values()) == {8}
    assert set(names["then_all"].values()) == {16}


def test_second_name() -> None:
    question = QUESTIONS["second-name"]
    starts: list[float] = []

    def train(model: nn.Module, data: Any, optimizer: torch.optim.Optimizer, epochs: int) -> None:
        starts.append(model.weight.item())
        for _ in range(epochs):
            optimizer.zero_grad()
            model(torch.ones(1, 1)).sum().backward()
            optimizer.step()

    def begun(code: str) -> list[float]:
        starts.clear()
        base = nn.Linear(1, 1)
        names = {"training": None, "validation": (), "accuracy": lambda model: 0.0, "copy": copy}
        run(code, torch=torch, base=base, train=train, **names)
        return list(starts)

    assert len(set(begun(question.code or ""))) == 3
    assert len(set(begun((question.code or "").replace("= base", "= copy.deepcopy(base)")))) == 1

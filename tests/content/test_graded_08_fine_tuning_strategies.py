"""The graded questions of lesson 08, tried: rates read from optimizers, strategies trained, bugs made and mended."""

from __future__ import annotations

import copy
import re
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
import torch
from question_bench import (
    COURSE,
    assert_prints,
    assert_tried,
    graded,
    quoted,
    right_text,
    run,
    snippet,
    swapped,
    views,
)
from scipy.stats import binom, ttest_1samp
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate
from torch.optim.lr_scheduler import LambdaLR
from torchvision.models import ResNet18_Weights, get_model

import headstart.models
from headstart.data import Digits
from headstart.letters import letters
from headstart.training import accuracy, extract_features, fit, set_batchnorm_eval

QUESTIONS = graded("08_fine_tuning_strategies")


def glyphnet(weights: str | None = "DEFAULT") -> nn.Module:
    """Return our small ResNet with a new head of ten outputs."""
    torch.manual_seed(0)
    model = get_model("glyphnet", weights=weights)
    model.fc = nn.Linear(model.fc.in_features, 10)
    return model


def only_head(model: nn.Module) -> nn.Module:
    """Freeze all but the head."""
    model.requires_grad_(False).fc.requires_grad_(True)
    return model


def body(model: nn.Module) -> list[nn.Parameter]:
    """Return the parameters below the head."""
    return [p for name, p in model.named_parameters() if not name.startswith("fc.")]


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    """Return a hundred images with their labels."""
    return Digits("train", size=100).tensors()


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_ten_classes_begins_with_the_head(digits: tuple[Tensor, Tensor]) -> None:
    test = Digits("test").tensors()
    reached = {}
    for strategy, rate in (("head", 1e-2), ("all", 1e-2), ("scratch", 1e-3)):
        model = glyphnet(None if strategy == "scratch" else "DEFAULT")
        if strategy == "head":
            only_head(model)
        frozen_statistics = strategy != "scratch"
        fit(model, *digits, epochs=5, lr=rate, batch_size=20, bn_eval=frozen_statistics)
        reached[strategy] = accuracy(model, *test)
    assert right_text(QUESTIONS["ten-classes"]).endswith("train the head.")
    assert reached["head"] > 0.9
    assert max(reached["all"], reached["scratch"]) < reached["head"] - 0.05
    # The old head would run on labels 0 to 9, and gives its 990 other outputs a share.
    old = only_head(get_model("resnet18", weights=None)).eval()
    scores = old(torch.randn(10, 3, 32, 32))
    cross_entropy(scores, torch.arange(10)).backward()
    assert scores.shape[1] - 10 == 990 and (scores.softmax(1)[:, 10:].sum(1) > 0).all()
    assert old.fc.weight.grad[10:].any()


def test_five_hundred_images_much_like_those_of_imagenet() -> None:
    classes = ResNet18_Weights.DEFAULT.meta["categories"]
    dogs = classes[classes.index("Chihuahua") : classes.index("Mexican hairless") + 1]
    cats = classes[classes.index("tabby") : classes.index("Egyptian cat") + 1]
    assert len(dogs) > 100 and {"beagle", "toy poodle", "Great Dane"} <= set(dogs)
    assert 3 <= len(cats) <= 9 and {"Siamese cat", "Persian cat"} <= set(cats)
    lesson = (COURSE / "08_fine_tuning_strategies" / "lesson.py").read_text(encoding="utf-8")
    (row,) = re.findall(r"\| \*\*fewer than 1,000\*\* \| (.*?) \|", lesson)
    assert f'"{row}"' in QUESTIONS["five-hundred"].steps[1] and row in right_text(QUESTIONS["five-hundred"])
    model = only_head(get_model("resnet18", weights=None))
    model.fc = nn.Linear(512, 2)
    trains, all_of_them = (
        sum(p.numel() for p in model.parameters() if wanted(p))
        for wanted in (lambda p: p.requires_grad, lambda p: True)
    )
    assert trains < 2000 and all_of_them > 10_000_000


def test_print_rate() -> None:
    model = get_model("resnet18", weights=None)
    for seen in views(QUESTIONS["print-rate"]):
        assert_prints(seen, model=model)
        code, place = seen.code or "", seen.values["place"]
        store = '    groups.append({"params": list(block.parameters()), "lr": lr})\n'
        lower = re.findall(r"    lr = lr .*\n", code)[0]
        others = [
            swapped(code, (store + lower, lower + store)),
            swapped(code, (f"groups[{place}]", f"groups[{place - 1}]")),
            swapped(code, (f"groups[{place}]", "groups[0]")),
        ]
        lowered_first, before, multiple, head = (value for value, _ in seen.traps)
        printed = [float(run(other, model=model)[0]) for other in others]
        assert printed == pytest.approx([lowered_first, before, head])
        factor = float(lower.split()[-1])
        assert multiple == pytest.approx(sum(head * factor for _ in range(place)))


class Net(nn.Module):
    """Stand in for the ResNet: a last block and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.early, self.block, self.fc = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 9)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.block(self.early(x).relu()).relu())


class Steps:
    """The six steps of the question `order`, as methods in the right order; `faults` says what went wrong."""

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self.held: list[nn.Parameter] = []
        self.trained: list[str] = []

    def load(self) -> None:
        self.model = Net().requires_grad_(False)

    def new_head(self) -> None:
        self.model.fc = nn.Linear(6, 3)

    def train_head(self) -> None:
        self.train([{"params": list(self.model.fc.parameters()), "lr": 0.1}])
        self.base = copy.deepcopy(self.model)

    def unfreeze(self) -> None:
        self.model.block.requires_grad_(True)

    def train_both(self) -> None:
        small = {"params": list(self.model.block.parameters()), "lr": 0.01}
        self.train([small, {"params": list(self.model.fc.parameters()), "lr": 0.1}])
        self.tuned = self.model

    def compare(self) -> None:
        assert self.base is not self.tuned

    def train(self, groups: list[dict[str, Any]]) -> None:
        tensors = [p for group in groups for p in group["params"]]
        self.held += tensors
        if not all(p.requires_grad for p in tensors):
            self.faults.add("holds frozen tensors")
        optimizer = torch.optim.SGD(groups)
        optimizer.zero_grad()
        cross_entropy(self.model(torch.ones(3, 4)), torch.arange(3)).backward()
        optimizer.step()
        if {id(p) for p in self.model.parameters() if p.grad is not None} - {id(p) for p in tensors}:
            self.faults.add("gradients in vain")
        if any(p is q for p in self.model.block.parameters() for q in tensors) and not hasattr(self, "base"):
            self.faults.add("block moved by a new head")

    def finish(self) -> set[str]:
        if {id(p) for p in self.held} - {id(p) for p in self.model.parameters()}:
            self.faults.add("holds tensors that are gone")
        return self.faults


def test_order() -> None:
    names = ["load", "new_head", "train_head", "unfreeze", "train_both", "compare"]
    words = ["Load", "new head", "over the head", "Unfreeze", "smaller rate for the block", "Compare"]
    assert all(word in item.text for word, item in zip(words, QUESTIONS["order"].items, strict=True))
    clean, in_vain = [], []
    for order in permutations(names):
        steps = Steps()
        with suppress(AttributeError, RuntimeError):
            for name in order:
                getattr(steps, name)()
            faults = steps.finish()
            clean += [list(order)] if not faults else []
            in_vain += [order.index("unfreeze")] if faults == {"gradients in vain"} else []
    assert clean == [names]
    # Unfrozen too early the block only costs time, so the stem must ask for that as well.
    assert sorted(in_vain) == [1, 2]
    assert "in vain" in QUESTIONS["order"].stem


def test_what_moves() -> None:
    question = QUESTIONS["what-moves"]
    torch.manual_seed(0)
    model = get_model("resnet18", weights=None).requires_grad_(False).train()
    set_batchnorm_eval(model)
    _, known = snippet(question, torch=torch, nn=nn, model=model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    cross_entropy(model(torch.randn(4, 3, 64, 64)), torch.arange(4)).backward()
    known["optimizer"].step()
    now = model.state_dict()
    for option in question.options:
        name = quoted(option.text)
        assert torch.equal(before[name], now[name]) is not option.correct, name
    assert model.layer3[0].conv1.weight.grad.any()
    assert model.layer2[0].conv1.weight.grad is None
    moved = {name.split(".")[0] for name in now if not torch.equal(before[name], now[name])}
    assert moved == {"layer4", "fc"}


def test_one_cycle(digits: tuple[Tensor, Tensor]) -> None:
    question = QUESTIONS["one-cycle"]
    images, labels = digits
    base = only_head(glyphnet())
    fit(base, *digits, epochs=5, lr=1e-2, batch_size=20, bn_eval=True)
    base.requires_grad_(True).eval()
    counts, letter_labels, _ = letters(300, seed=7)
    letter_images = headstart.models.GlyphNet_Weights.DEFAULT.transforms()(counts.unsqueeze(1))
    old_head = get_model("glyphnet", weights="DEFAULT").fc

    def outcome(code: str) -> tuple[list[float], float]:
        """Return the largest rate of each group, and how many letters the features can still tell apart."""
        seen: list[list[float]] = []

        def noted(scores: Tensor, target: Tensor) -> Tensor:
            seen.append([group["lr"] for group in known["optimizer"].param_groups])
            return cross_entropy(scores, target)

        known: dict[str, Any] = {}
        model = copy.deepcopy(base)
        loader = [(images[k : k + 20], labels[k : k + 20]) for k in range(0, 100, 20)] * 2
        code = swapped(code, ("total_steps=500", f"total_steps={len(loader)}"))
        known.update(torch=torch, model=model, loader=loader, cross_entropy=noted)
        exec(code, known)
        model.fc = old_head
        return [max(rates) for rates in zip(*seen, strict=True)], accuracy(
            model, letter_images, letter_labels
        )

    def is_destroyed(code: str) -> bool:
        rates, kept = outcome(code)
        assert (kept < 0.5) is (min(rates) > 9e-3)
        return kept < 0.5

    code = question.code or ""
    rates, kept = outcome(code)
    assert rates == pytest.approx([1e-2, 1e-2], rel=0.01) and kept < 0.5
    (mend,) = [quoted(option.why) for option in question.options if option.correct]
    rates, kept = outcome(swapped(code, ("max_lr=1e-2", mend)))
    assert rates == pytest.approx([1e-4, 1e-2], rel=0.01) and kept > 0.9
    # Another order of the groups, or other kinds of lists of tensors, mend nothing.
    small = '    {"params": backbone, "lr": 1e-4},\n'
    head = '    {"params": model.fc.parameters(), "lr": 1e-2},\n'
    assert is_destroyed(swapped(code, (small + head, head + small)))
    assert is_destroyed(swapped(code, ('"params": backbone', '"params": iter(backbone)')))
    steps = "    optimizer.step()\n    scheduler.step()"
    the_other_way = swapped(code, (steps, "    scheduler.step()\n    optimizer.step()"))
    with pytest.warns(UserWarning, match=r"`optimizer.step\(\)` before `lr_scheduler.step\(\)`"):
        assert is_destroyed(the_other_way)
    head_in_both = swapped(code, (' if not n.startswith("fc.")', ""))
    with pytest.raises(ValueError, match="more than one parameter group"):
        outcome(head_in_both)
    # The rates before the scheduler is built, and after it.
    model = copy.deepcopy(base)
    before, line, _ = re.split(r"(scheduler = .*\n)", code)
    _, known = run(before, torch=torch, model=model)
    groups = known["optimizer"].param_groups
    assert [group["lr"] for group in groups] == [1e-4, 1e-2]
    run(line, torch=torch, optimizer=known["optimizer"])
    assert groups[0]["lr"] == groups[1]["lr"]


def noisy(images: Tensor, seed: int) -> Tensor:
    """Lay coarse noise over images, as the lesson does."""
    chance = torch.Generator().manual_seed(seed)
    blotches = torch.randn(len(images), 1, 8, 8, generator=chance)
    spread = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return images + 0.3 * interpolate(blotches, size=(32, 32), mode="bilinear") / spread


def test_similarity_of_noisy_images(digits: tuple[Tensor, Tensor]) -> None:
    images, labels = digits
    test_images, test_labels = Digits("test").tensors()
    reached = {}
    for kind in ("clean", "noisy"):
        x, test_x = images, test_images
        if kind == "noisy":
            x, test_x = noisy(x, 0), noisy(test_x, 100)
        backbone = get_model("glyphnet", weights="DEFAULT")
        features, test_features = extract_features(backbone, x), extract_features(backbone, test_x)
        for epochs in (8, 100):
            torch.manual_seed(0)
            head = nn.Linear(features.shape[1], 10)
            fit(head, features, labels, epochs=epochs, lr=1e-2, batch_size=20)
            reached[kind, epochs] = accuracy(head, test_features, test_labels)
        model = glyphnet()
        groups = [{"params": body(model), "lr": 1e-3}, {"params": model.fc.parameters(), "lr": 1e-2}]
        optimizer = torch.optim.AdamW(groups)
        fit(model, x, labels, epochs=8, lr=0, batch_size=20, optimizer=optimizer, bn_eval=True)
        reached[kind, 0] = accuracy(model, test_x, test_labels)
    assert "no head can bring the lost information back" in right_text(QUESTIONS["similarity"])
    assert reached["clean", 8] > 0.9
    assert reached["noisy", 8] < reached["noisy", 0] - 0.1
    assert reached["noisy", 100] < reached["noisy", 0] - 0.1  # more epochs fit the head to the same features
    layer = nn.BatchNorm2d(3).requires_grad_(False).eval()
    layer.running_mean += 1
    assert torch.allclose(layer(images), (images - 1) / (1 + layer.eps) ** 0.5, atol=1e-6)


def test_seeds() -> None:
    question = QUESTIONS["seeds"]
    rows = re.findall(r"^\| (?:head|then).*", question.stem, re.M)
    head, then_all = ([float(cell) for cell in re.findall(r"\d+\.\d+", row)] for row in rows)
    *head, head_mean = head
    *then_all, all_mean = then_all
    assert [head_mean, all_mean] == [round(sum(row) / 3, 2) for row in (head, then_all)]
    differences = [round(b - a, 1) for a, b in zip(head, then_all, strict=True)]
    told = [
        float(f"{'+' if sign == '+' else '-'}{number}")
        for sign, number in re.findall(r"([+\N{MINUS SIGN}])(\d\.\d)", right_text(question))
    ]
    assert differences == told == [-1.2, 0.5, 1.7]
    assert round(max(differences) - min(differences), 1) == 2.9
    assert round(sum(differences) / 3, 2) == 0.33 and round(all_mean - head_mean, 1) == 0.3
    assert sum(difference > 0 for difference in differences) == 2
    # Neither the mean nor the count tells the differences from nothing.
    assert ttest_1samp(differences, 0).pvalue > 0.5
    assert binom.sf(1, 3, 0.5) == pytest.approx(0.5)


def test_warm_up() -> None:
    model = get_model("resnet18", weights=None)
    names = {"torch": torch, "model": model, "LambdaLR": LambdaLR}
    for seen in views(QUESTIONS["warm-up"]):
        assert_prints(seen, **names)
        code, step, warm = seen.code or "", seen.values["step"], seen.values["warm"]
        one_less, falling, head, factor, given = (value for value, _ in seen.traps)
        growing = f"min((i + 1) / {warm}, 1 - i / {seen.values['total']})"
        others = [
            swapped(code, (f"range({step})", f"range({step - 1})")),
            swapped(code, (growing, f"1 - i / {seen.values['total']}")),
            swapped(code, ("param_groups[0]", "param_groups[1]")),
            swapped(code, ('optimizer.param_groups[0]["lr"]', f"scheduler.lr_lambdas[0]({step})")),
            swapped(code, ('param_groups[0]["lr"]', 'param_groups[0]["initial_lr"]')),
        ]
        printed = [float(run(other, **names)[0]) for other in others]
        assert printed == pytest.approx([one_less, falling, head, factor, given])
        # Up to this step the growing factor is the smaller one, and the rate as given is never reached.
        _, known = run(code, **names)
        factors = [known["scheduler"].lr_lambdas[0](i) for i in range(seen.values["total"])]
        assert factors[: step + 1] == [(i + 1) / warm for i in range(step + 1)]
        assert max(factors) < 1

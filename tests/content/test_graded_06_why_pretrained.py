"""The graded questions of lesson 06, tried: runs made, seconds counted, clocks turned by hand."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from question_bench import assert_prints, assert_tried, graded, mended, quoted, right_text, run, views
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import ResNet18_Weights, get_model

import headstart.models  # noqa: F401 - makes glyphnet known to torchvision
from headstart.data import Digits
from headstart.training import accuracy, extract_features, fit

QUESTIONS = graded("06_why_pretrained")


def network(weights: str | None) -> nn.Module:
    """Return the lesson's network with a new head for the digits."""
    torch.manual_seed(0)
    model = get_model("glyphnet", weights=weights)
    model.fc = nn.Linear(128, 10)
    return model


def elements(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def work(model: nn.Module, images: torch.Tensor, train: bool = True) -> int:
    """Return the operations of a step on `images`, or of a look at them."""
    with FlopCounterMode(display=False) as counter:
        if train:
            model(images).sum().backward()
        else:
            with torch.no_grad():
                model(images)
    return counter.get_total_flops()


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_saves_time() -> None:
    """Two runs of 13 steps on 200 digits: the same network and the same cost of a step, another start."""
    (images, labels), val = Digits("train", size=200).tensors(), Digits("val").tensors()
    reached, costs = {}, []
    for weights, lr in ((None, 3e-3), ("DEFAULT", 1e-3)):
        model = network(weights)
        costs.append((elements(model), work(model, images[:16])))
        fit(model, images, labels, epochs=1, lr=lr)
        reached[weights] = accuracy(model, *val)
    assert reached["DEFAULT"] > reached[None] + 0.05
    assert costs[0] == costs[1]
    assert right_text(QUESTIONS["saves-time"]).startswith("The weights already compute features")


def test_two_numbers() -> None:
    # Three numbers that do not tell a good run. A tree learns 200 digits by heart, and misses many new ones.
    digits = load_digits()
    tree = DecisionTreeClassifier(random_state=0).fit(digits.data[:200], digits.target[:200])
    assert tree.score(digits.data[:200], digits.target[:200]) == 1
    assert tree.score(digits.data[200:], digits.target[200:]) < 0.8
    # The network has one size, and with a random head both beginnings are near guessing.
    scratch, pretrained = network(None), network("DEFAULT")
    assert elements(scratch) == elements(pretrained)
    images, labels = Digits("val").tensors()
    for model in (scratch, pretrained):
        loss = cross_entropy(model(images[:16]), labels[:16]).item()
        assert loss == pytest.approx(math.log(10), abs=0.6) and accuracy(model, images, labels) < 0.25
    rights = [option.text for option in QUESTIONS["two-numbers"].options if option.correct]
    assert rights == ["the training time", "the validation accuracy"]


def test_five_hundred() -> None:
    assert right_text(QUESTIONS["five-hundred"]).endswith("train only a new last layer.")
    names = ResNet18_Weights.DEFAULT.meta["categories"]
    assert len(names) == 1000 and not {"cat", "dog"} & {name.lower() for name in names}
    assert {"tabby", "Egyptian cat", "beagle"} <= set(names)

    (images, labels), val = Digits("train", size=500).tensors(), Digits("val").tensors()
    scratch, backbone = network(None), network("DEFAULT")
    assert elements(backbone.fc) < elements(backbone) / 100
    fit(scratch, images, labels, epochs=1, lr=3e-3)
    features = extract_features(backbone, images)
    fit(backbone.fc, features, labels, epochs=10, lr=1e-2)
    assert accuracy(backbone, *val) > accuracy(scratch, *val) + 0.02
    once = work(backbone, images, train=False) + 10 * work(backbone.fc, features)
    assert once < work(scratch, images), "the head takes less work than one epoch of scratch, and is ahead"


def test_time_saved() -> None:
    """The seconds of scratch's training, one by one: in which of them is the other network done?"""
    for seen in views(QUESTIONS["time-saved"]):
        slow, fast = seen.values["slow"], seen.values["fast"]
        done = np.arange(slow) >= fast
        assert float(seen.answer) == pytest.approx(100 * done.mean())
        needed, seconds, speedup = (value for value, _ in seen.traps)
        assert needed == pytest.approx(100 * (~done).mean()) and seconds == done.sum()
        assert speedup * (~done).sum() == pytest.approx(slow)
        assert float(seen.answer) / 100 == pytest.approx(1 - 1 / speedup)


def test_first_record() -> None:
    question = QUESTIONS["first-record"]
    for seen in views(question):
        assert_prints(seen)
    mistakes = {
        "40 1": mended(question.code, "reached >= 0.90", "reached > 0.90"),
        "20 3": mended(question.code, "reached >= 0.90", "step >= 20"),
        "10 2": mended(question.code, "min(hits, default=None)", "min(history)[0]"),
        "None 0": mended(question.code, "reached >= 0.90", "reached >= 0.99"),
    }
    assert {quoted(option.text) for option in question.options if not option.correct} == mistakes.keys()
    for printed, mistake in mistakes.items():
        assert run(mistake)[0] == printed


@dataclass
class Clock:
    """Stands for `time` and for all that takes time: a step 1 second, a validation 5."""

    seconds: float = 0.0
    validations: int = 0

    def perf_counter(self) -> float:
        return self.seconds

    time = perf_counter

    def train_step(self, *_: Any) -> None:
        self.seconds += 1

    def accuracy(self, *_: Any) -> float:
        self.seconds, self.validations = self.seconds + 5, self.validations + 1
        return 0.9


def seconds_and_looks(code: str, every: int) -> tuple[float, int, str]:
    """Return what the function of `code` returns, how often it validates, and what it prints last."""
    clock = Clock()
    names = {"torch": torch, "time": clock, "train_step": clock.train_step, "accuracy": clock.accuracy}
    names |= {"model": nn.Linear(1, 1), "next_batch": lambda: None, "validation": ()}
    printed, known = run(f"{code}\nseconds = timed(model, every={every})", **names)
    return known["seconds"], clock.validations, printed.splitlines()[-1]


def speedup(code: str, every: tuple[int, int] = (1, 50)) -> float:
    scratch, pretrained = (seconds_and_looks(code, one)[0] for one in every)
    return scratch / pretrained


def test_clock() -> None:
    """Both runs have 200 steps of a second, so their true speed-up is 1."""
    question = QUESTIONS["clock"]
    code = question.code or ""
    assert "every=1)" in question.stem and "every=50)" in question.stem
    assert speedup(code) > 5
    (_, often, last), (_, seldom, last_of_few) = (seconds_and_looks(code, every) for every in (1, 50))
    assert (often, seldom) == (200, 4) and often / seldom == 50
    assert last == last_of_few == "200 0.9"
    assert right_text(question).endswith("scratch is validated fifty times as often.")

    look = "print(step, accuracy(model, *validation))"
    stopped = mended(
        code, look, f"paused = time.perf_counter(); {look}; start += time.perf_counter() - paused"
    )
    assert speedup(stopped) == 1 and speedup(code, every=(50, 50)) == 1

    # What the other options name leaves the speed-up as it was.
    make = "    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)\n"
    start = "    start = time.perf_counter()\n"
    for tried in (
        code.replace("perf_counter", "time"),
        mended(code, "lr=1e-3", "lr=3e-3"),
        mended(code, make + start, start + make),
        mended(code, "step % every == 0", "step % every == 0 or step == steps"),
    ):
        assert speedup(tried) == speedup(code)
    for read in (time.perf_counter, time.time):
        before = read()
        time.sleep(0.02)
        assert read() - before > 0.01

    # 300 images are looked at for the work of several steps.
    model, images = network("DEFAULT"), torch.randn(300, 3, 32, 32)
    assert work(model, images, train=False) > 3 * work(model, images[:16])


def test_outside() -> None:
    """1,000 batches, each prepared for `share` and computed for `100 - share` milliseconds."""

    def milliseconds(share: float, outside: float = 1, inside: float = 1) -> float:
        return sum(share / outside + (100 - share) / inside for _ in range(1000))

    for seen in views(QUESTIONS["outside"]):
        share, k = seen.values["share"], seen.values["k"]
        before, after = milliseconds(share), milliseconds(share, inside=k)
        assert float(seen.answer) == pytest.approx(before / after)
        wrong = [
            before / milliseconds(share, outside=k, inside=k),
            before / milliseconds(share, outside=k),
            before / milliseconds(share, outside=math.inf),
            after / before,
        ]
        assert [value for value, _ in seen.traps] == pytest.approx(wrong)


def test_payback() -> None:
    """Tasks are done one after the other, image by image of each batch, until the passes are saved."""

    def tasks_until(passes: int, saved: int) -> int:
        return next(tasks for tasks in count(1) if sum([saved] * tasks) >= passes)

    for seen in views(QUESTIONS["payback"]):
        passes, slow, fast, batch = (seen.values[name] for name in ("passes", "slow", "fast", "batch"))
        until = partial(tasks_until, passes)
        needs = {steps: sum(batch for _ in range(steps)) for steps in (slow, fast)}
        saved = needs[slow] - needs[fast]
        assert until(saved) - float(seen.answer) == pytest.approx(0.5, abs=0.5)
        assert abs(until(saved) - round(float(seen.answer))) <= 1
        by_step, whole, needed, one_task = (value for value, _ in seen.traps)
        for value, wrongly_saved in ((by_step, slow - fast), (whole, needs[slow]), (needed, needs[fast])):
            assert until(wrongly_saved) == math.ceil(value)
        assert one_task == saved


def test_supported() -> None:
    question = QUESTIONS["supported"]
    rows = re.findall(r"^\| (\d+) % \| (.+?) \| (.+?) \|$", question.stem, flags=re.MULTILINE)
    table = {
        int(target): [
            [int(entry) if entry.isdigit() else None for entry in cell.split(", ")] for cell in cells
        ]
        for target, *cells in rows
    }
    assert table.keys() == {80, 95}
    scratch, pretrained = table[95]
    assert "reached 95 % by step 20, and two of three scratch runs never did" in right_text(question)
    assert max(pretrained) <= 20 and scratch.count(None) == 2
    assert sum(entry is not None for entry in scratch + pretrained) == 4

    # The wrong sentences' numbers, and what they leave out or make up.
    (arrived,) = (step for step in scratch if step is not None)
    assert arrived / 20 == 1.75 and arrived <= 50

    def mean_speedup(budget: int) -> float:
        return np.mean([(slow or budget) / fast for slow, fast in zip(scratch, pretrained, strict=True)])

    assert mean_speedup(50) == pytest.approx(2.25)
    assert mean_speedup(50) < mean_speedup(60) < mean_speedup(500)
    shares = {1 - fast / slow for slow, fast in zip(*table[80], strict=True)}
    assert list(shares) == pytest.approx([1 / 3])
    assert all(
        2 * fast != slow for cells in table.values() for slow, fast in zip(*cells, strict=True) if slow
    )

"""The graded questions of lesson 07, tried: flags read, steps taken, bugs made and mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
import torch
from question_bench import (
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
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import get_model

QUESTIONS = graded("07_freezing")


def batches(count: int = 1, n: int = 4) -> list[tuple[Tensor, Tensor]]:
    """Return batches of random images with random labels of ten classes."""
    generator = torch.Generator().manual_seed(0)
    return [
        (torch.randn(n, 3, 32, 32, generator=generator), torch.randint(10, (n,), generator=generator))
        for _ in range(count)
    ]


def resnet(frozen: bool = False) -> nn.Module:
    """Return a ResNet of random weights with a head of ten outputs, which trains."""
    torch.manual_seed(0)
    model = get_model("resnet18", weights=None).requires_grad_(not frozen)
    model.fc = nn.Linear(512, 10)
    return model


def flags(model: nn.Module) -> dict[str, bool]:
    """Return the flag of each parameter by name."""
    return {name: parameter.requires_grad for name, parameter in model.named_parameters()}


def changed(before: dict[str, Tensor], model: nn.Module) -> set[str]:
    """Return the names of the entries of the state dict that are no longer what they were."""
    return {name for name, value in model.state_dict().items() if not torch.equal(before[name], value)}


def state(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the state dict."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_which_snippet() -> None:
    question = QUESTIONS["which-snippet"]
    images, labels = batches()[0]
    only_head = {name: name.startswith("fc.") for name in flags(resnet())}
    found = []
    for option in question.options:
        (lines,) = re.findall(r"```\n(.*)```", option.text, re.S)
        model = resnet()
        run(lines, model=model)
        found.append(flags(model))
        assert (found[-1] == only_head) is option.correct
    head_first, names, modes = found[1], found[2], found[3]
    assert not any(head_first.values()) and all(names.values()) and all(modes.values())
    with pytest.raises(RuntimeError, match="does not require grad"):
        cross_entropy(resnet().requires_grad_(False)(images), labels).backward()
    # With the underscore the same two lines do it.
    model = resnet()
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    assert flags(model) == only_head
    model = resnet().eval()
    cross_entropy(model(images), labels).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_module_flag() -> None:
    question = QUESTIONS["module-flag"]
    (seen,) = views(question)
    assert_prints(seen)
    code = question.code or ""
    with_method = swapped(code, ("model.requires_grad = False", "model.requires_grad_(False)"))
    assert run(with_method)[0] == "0"
    elements = swapped(code, ("sum(p.requires_grad for", "sum(p.numel() for"))
    assert run(elements)[0] == "58"
    model = run(code)[1]["model"]
    assert sum(bool(list(layer.parameters())) for layer in model) == 2


def test_all_frozen() -> None:
    question = QUESTIONS["all-frozen"]
    images, labels = batches()[0]
    code = question.code or ""
    before, _, last = code.rpartition("\n")
    model = resnet()
    _, known = run(before, nn=nn, model=model, images=images, labels=labels)
    assert known["loss"].grad_fn is None and not known["loss"].requires_grad
    told = quoted(right_text(question)).partition(": ")
    with pytest.raises(RuntimeError) as caught:
        run(last, **known)
    assert [type(caught.value).__name__, str(caught.value)] == [told[0], told[2]]
    assert all(parameter.grad is None for parameter in model.parameters())
    (no_parameters,) = [option.text for option in question.options if "ValueError" in option.text]
    with pytest.raises(ValueError, match=quoted(no_parameters).partition(": ")[2]):
        torch.optim.SGD([])


def test_head_elements() -> None:
    for seen in views(QUESTIONS["head-elements"]):
        features, classes = seen.values["features"], seen.values["classes"]
        model = nn.Sequential(nn.Conv2d(3, features, 1), nn.Flatten(), nn.Linear(features, 1000))
        model.requires_grad_(False)
        model[2] = head = nn.Linear(features, classes)
        trains = [parameter for parameter in model.parameters() if parameter.requires_grad]
        assert seen.answer == sum(len(parameter.detach().flatten().tolist()) for parameter in trains)
        weight, tensors, added, wrong_bias = (value for value, _ in seen.traps)
        assert weight == len(head.weight.flatten())
        assert tensors == len(trains) and added == sum(head.weight.shape)
        assert wrong_bias == weight + head.weight.shape[1]


def test_flag_sum() -> None:
    for seen in views(QUESTIONS["flag-sum"]):
        assert_prints(seen)
        model = run(seen.code or "")[1]["model"]
        parameters = list(model.parameters())
        counted = [
            sum(any(p.requires_grad for p in layer.parameters()) for layer in model),
            sum(p.numel() for p in parameters if p.requires_grad),
            len(parameters),
            sum(not p.requires_grad for p in parameters),
        ]
        assert [value for value, _ in seen.traps] == counted


def test_flat_loss() -> None:
    question = QUESTIONS["flat-loss"]
    # Small batches, seen in several epochs: the same images must cost less in the last one.
    data, epochs = batches(2), 5

    def losses(code: str) -> tuple[list[float], dict[str, Any]]:
        torch.manual_seed(0)
        seen: list[float] = []
        code = swapped(code, ('weights="DEFAULT"', "weights=None"))
        names = {"torch": torch, "nn": nn, "get_model": get_model, "loader": data * epochs}
        _, known = run(f"{code}\n    seen.append(loss.item())", seen=seen, **names)
        return seen, known

    def stays_flat(seen: list[float]) -> bool:
        return seen[-2:] == pytest.approx(seen[:2], rel=1e-4)

    code = question.code or ""
    seen, known = losses(code)
    assert stays_flat(seen)
    assert seen[0] != pytest.approx(seen[1], rel=0.01)  # from batch to batch it goes up and down
    model, optimizer = known["model"], known["optimizer"]
    held = {id(tensor) for group in optimizer.param_groups for tensor in group["params"]}
    assert [name for name, p in model.named_parameters() if id(p) not in held] == ["fc.weight", "fc.bias"]
    assert [name for name, flag in flags(model).items() if flag] == ["fc.weight", "fc.bias"]
    assert model.training and model.fc.weight.grad.any()

    line = "optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)\n"
    head = "model.fc = nn.Linear(512, 10)\n"
    assert "built before the head was replaced" in right_text(question)
    mended, _ = losses(swapped(code, (line + head, head + line)))
    assert all(last < 0.9 * first for first, last in zip(mended[:2], mended[-2:], strict=True))
    for other in (
        swapped(code, ("lr=1e-3", "lr=1.0")),
        swapped(code, ("    optimizer.zero_grad()\n", "")),
        swapped(code, (head, f"{head}model.train()\n")),
    ):
        assert stays_flat(losses(other)[0])
    # `zero_grad()` after `backward()` is what would take the gradients away, from the right optimizer too.
    too_late = swapped(
        code,
        (line + head, head + line),
        ("    optimizer.zero_grad()\n", ""),
        ("    optimizer.step()", "    optimizer.zero_grad()\n    optimizer.step()"),
    )
    assert stays_flat(losses(too_late)[0])


class Small(nn.Module):
    """Stand in for the ResNet: 512 features and a head `fc`."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.fc = nn.Linear(3, 512), nn.Linear(512, 20)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.body(images).relu())


def test_order() -> None:
    items = [quoted(item.text) for item in QUESTIONS["order"].items]
    data = [(torch.randn(8, 3), torch.arange(8))]

    def train_step(
        model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor
    ) -> None:
        before = state(model)
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()
        moved.append((model, changed(before, model)))

    def get(name: str, weights: str) -> nn.Module:
        return Small()

    works = []
    for lines in permutations(items):
        moved: list[tuple[nn.Module, set[str]]] = []
        names = {"torch": torch, "nn": nn, "loader": data, "get_model": get, "train_step": train_step}
        with suppress(NameError, ValueError, RuntimeError):
            _, known = run("\n".join(lines), **names)
            done = [what for model, what in moved if model is known["model"]]
            if done == [{"fc.weight", "fc.bias"}] and known["model"].fc.out_features == 10:
                works.append(list(lines))
    assert works == [items]


def test_what_moves() -> None:
    question = QUESTIONS["what-moves"]
    images, labels = batches()[0]
    model = resnet(frozen=True)
    before = state(model)
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.1)
    cross_entropy(model.train()(images), labels).backward()
    optimizer.step()
    moved = changed(before, model)
    for option in question.options:
        name = quoted(option.text)
        assert name in before and (name in moved) is option.correct, name
    assert moved - {"fc.weight", "fc.bias"} <= {name for name, _ in model.named_buffers()}
    assert model.layer1[0].bn1.weight.grad is None
    assert model.bn1.num_batches_tracked == before["bn1.num_batches_tracked"] + 1


def test_eval_undone() -> None:
    question = QUESTIONS["eval-undone"]
    code = question.code or ""

    def drifted(code: str) -> set[str]:
        torch.manual_seed(0)
        model = get_model("resnet18", weights=None)
        before = {name: buffer.clone() for name, buffer in model.named_buffers()}
        run(code, torch=torch, nn=nn, model=model, loader=batches(n=2))
        now = dict(model.named_buffers())
        return {name for name in before if not torch.equal(before[name], now[name])}

    short = swapped(code, ("range(10)", "range(2)"))
    every = drifted(short)
    assert every == {name for name, _ in resnet().named_buffers()}
    loop = "".join(re.findall(r"^for module.*?module\.eval\(\)\n", short, re.S | re.M))
    indented = "".join(f"    {line}\n" for line in loop.splitlines())
    start = "    model.train()\n"
    assert start.strip() == quoted(right_text(question))
    assert drifted(swapped(short, (loop, ""), (start, start + indented))) == set()
    assert drifted(swapped(short, (loop, ""), (start, indented + start))) == every
    # The order of flags and modes is free; an optimizer that holds BatchNorm at a rate of 0 changes nothing.
    freeze = "model.requires_grad_(False)\nmodel.fc = nn.Linear(512, 10)\n"
    assert drifted(swapped(short, (freeze + loop, loop + freeze))) == every
    groups = '[{"params": model.fc.parameters()}, {"params": model.bn1.parameters(), "lr": 0.0}]'
    assert drifted(swapped(short, ("model.fc.parameters()", groups))) == every
    # `modules()` finds them all, `children()` one.
    model = resnet()
    kinds: dict[str, Callable[[], Any]] = {"all": model.modules, "outer": model.children}
    counted = {name: sum(isinstance(m, nn.BatchNorm2d) for m in walk()) for name, walk in kinds.items()}
    assert counted == {"all": len(every) // 3, "outer": 1}
    # In eval mode nothing moves, whatever the momentum.
    before = state(model.eval())
    model(batches()[0][0])
    assert model.bn1.momentum == 0.1 and changed(before, model) == set()
    _, known = snippet(
        question, torch=torch, nn=nn, model=resnet(), loader=[(torch.randn(2, 3, 8, 8), torch.arange(2))]
    )
    assert known["model"].bn1.training and known["model"].bn1.num_batches_tracked == 10


def test_drift_number() -> None:
    def after(
        start: float, new: float, count: int, momentum: float = nn.BatchNorm1d(1).momentum or 0
    ) -> float:
        layer = nn.BatchNorm1d(1, momentum=momentum).requires_grad_(False).train()
        layer.running_mean.fill_(start)
        for _ in range(count):
            batch = torch.randn(16, 1)
            layer(batch - batch.mean() + new)
        return layer.running_mean.item()

    for seen in views(QUESTIONS["drift-number"]):
        start, new, count = (seen.values[name] for name in ("start", "new", "batches"))
        assert after(start, new, count) == pytest.approx(float(seen.answer), abs=0.005)
        still, replaced, straight, one = (value for value, _ in seen.traps)
        layer = nn.BatchNorm1d(1).eval()
        layer.running_mean.fill_(start)
        layer(torch.full((16, 1), float(new)))
        assert layer.running_mean.item() == still
        assert after(start, new, count, momentum=1.0) == pytest.approx(replaced, abs=1e-4)
        # The other meaning of momentum leads there as well.
        assert after(start, new, count, momentum=0.9) == pytest.approx(replaced, abs=0.02)
        assert after(start, new, 1) == pytest.approx(one, abs=1e-4)
        assert straight == pytest.approx(start + count * (after(start, new, 1) - start), abs=1e-3)

"""Hidden checks of lesson 09. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: `step` may return a bool, a NumPy bool, a tensor
of one element, or 0 and 1; `restore` may return anything. No loss of `diagnose` lies near a limit: overfitting
curves end at least 40 % above their lowest value, all others at most 6 %; underfitting ones end above 0.75 of
their first training loss, all others below 0.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.checks import (
    Wrong,
    check,
    expect,
    expect_raises,
    expect_type,
    expect_unchanged,
    fresh_model,
    show,
)
from autograder.student import Remote, Student

NAN = float("nan")


# ------------------------------------------------------------------------------------------- EarlyStopping


def reference_steps(losses: Sequence[float], patience: int, min_delta: float) -> list[bool]:
    """Return what `step` must say to each loss."""
    best, waited, answers = float("inf"), 0, []
    for loss in losses:
        better = loss < best - min_delta
        best, waited = (loss, 0) if better else (best, waited + 1)
        answers.append(waited >= patience)
    return answers


def flag_of(value: Any) -> bool:
    """Return what `step` returned as a bool."""
    expect(value is not None, "`step` returned None: did you forget `return`? Expected True or False.")
    if (
        isinstance(value, Tensor | np.ndarray)
        and (value.numel() if isinstance(value, Tensor) else value.size) == 1
    ):
        value = value.item()
    if isinstance(value, int | np.integer | np.bool_) and value in (0, 1):
        return bool(value)
    expect_type(value, bool, "what `step` returned")
    return value


def expect_steps(student: Student, losses: Sequence[float], patience: int, min_delta: float = 0.0) -> None:
    """Feed `losses` to a new object and compare every answer."""
    stopping = student.new("EarlyStopping", patience, min_delta)
    model = fresh_model("shared_weights", seed=0, num_classes=3)
    want = reference_steps(losses, patience, min_delta)
    given = f", min_delta={min_delta:g}" if min_delta else ""
    for place, loss in enumerate(losses):
        got = flag_of(stopping.call("step", loss, model))
        if got == want[place]:
            continue
        seen = ", ".join(f"{value:g}" for value in losses[: place + 1])
        waited = 0
        for length in range(1, place + 2):
            waited = waited + 1 if _no_improvement(losses[:length], min_delta) else 0
        raise Wrong(
            f"patience={patience}{given}, losses {seen}: the last `step` returned {got}; expected {want[place]}, for "
            f"it is step {waited} in a row without an improvement."
            if waited
            else f"patience={patience}{given}, losses {seen}: the last `step` returned {got}; expected {want[place]}, "
            "for this loss is an improvement."
        )


def _no_improvement(losses: Sequence[float], min_delta: float) -> bool:
    """Return whether the last of `losses` is no improvement."""
    best = float("inf")
    for loss in losses[:-1]:
        best = loss if loss < best - min_delta else best
    return not losses[-1] < best - min_delta


@check("EarlyStopping", points=2, title="True from the patience-th step in a row without an improvement")
def patience_is_counted(student: Student) -> None:
    expect_steps(student, (2.0, 1.5, 1.6, 1.7, 1.4, 1.5, 1.6, 1.8, 1.9), patience=3)
    expect_steps(student, (0.9, 0.9, 0.8, 0.85), patience=1)
    expect_steps(student, (1.0, 1.1, 1.2, 0.7, 0.71, 0.72, 0.5), patience=2)
    expect_steps(student, (5.0, 6.0, 4.0, 4.5, 4.5, 4.0, 4.1, 3.9, 4.0, 4.0, 4.0, 4.0), patience=4)
    expect_steps(student, (250.0, 251.0, 249.0, 260.0, 261.0), patience=2)
    expect_steps(student, (1.0, NAN, NAN, 0.9, NAN, NAN, NAN), patience=3)


@check("EarlyStopping", points=1, title="an improvement is a loss below best - min_delta")
def min_delta_is_required(student: Student) -> None:
    expect_steps(student, (1.0, 0.97, 0.94, 0.91), patience=3, min_delta=0.125)
    expect_steps(student, (1.0, 0.9, 0.8, 0.7, 0.65, 0.6), patience=2, min_delta=0.25)
    expect_steps(student, (3.0, 2.5, 2.0, 1.75, 1.0), patience=1, min_delta=0.5)


def trained_further(seed: int, arch: str = "tiny_cnn") -> nn.Module:
    """Return a model with other weights and other buffers than any fresh one."""
    model = fresh_model(arch, seed=seed, num_classes=4)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
            else:
                buffer.fill_(seed)
    return model


def train_on(model: Remote, seed: int, arch: str = "tiny_cnn") -> dict[str, Tensor]:
    """Change the kept model in place, as training would; return the weights that it has now."""
    state = trained_further(seed, arch).state_dict()
    model.call("load_state_dict", state)
    return state


def expect_weights(model: Remote, want: dict[str, Tensor], others: dict[str, dict], when: str) -> None:
    """Compare the kept model with the weights it must have; `others` are likely wrong ones, by what they are."""
    got = model.call("state_dict")
    wrong = [name for name in want if name not in got or not torch.equal(got[name], want[name])]
    if not wrong:
        return
    parameters = [name for name in want if "running" not in name and "num_batches" not in name]
    if not set(wrong) & set(parameters):
        raise Wrong(
            f"{when}, the parameters are right, but the buffer `{wrong[0]}` is not: BatchNorm's statistics belong to "
            "the weights. `state_dict()` holds both."
        )
    for what, state in others.items():
        if all(torch.equal(got[name], state[name]) for name in parameters):
            raise Wrong(f"{when}, `{wrong[0]}` has {what}.")
    raise Wrong(f"{when}, `{wrong[0]}` does not have the value that it had at the lowest loss.")


LAST = "the values of the last step: a state dict holds the model's own tensors, so copy them"


@check("EarlyStopping", points=2, title="restore puts the weights of the best epoch back, buffers included")
def best_weights_come_back(student: Student) -> None:
    for arch, losses in (("tiny_cnn", (0.9, 0.4, 0.6, 0.7)), ("batchnorm_head", (0.5, 0.8, 0.3, 0.31))):
        stopping = student.new("EarlyStopping", 5)
        model = student.keep(trained_further(1, arch))
        states = []
        for seed, loss in enumerate(losses, start=20):
            states.append(train_on(model, seed, arch))
            stopping.call("step", loss, model)
        stopping.call("restore", model)
        best = int(np.argmin(losses))
        when = f"after losses {', '.join(map(str, losses))} and `restore`"
        others = {LAST: states[-1], "the values of the first step": states[0]}
        expect_weights(model, states[best], others, when)


@check("EarlyStopping", points=1, title="the kept weights are a copy, also after restore")
def kept_weights_are_safe(student: Student) -> None:
    stopping = student.new("EarlyStopping", 3)
    model = student.keep(trained_further(30))
    first = train_on(model, 31)
    stopping.call("step", 1.0, model)
    # A second model, as in a loop that builds a new one for the final test.
    second = student.keep(trained_further(32))
    stopping.call("restore", second)
    expect_weights(second, first, {}, "after `restore` into a second model")
    for seed in (33, 34):
        last = train_on(second, seed)
        stopping.call("restore", second)
        expect_weights(second, first, {LAST: last}, "after `restore`, more training and `restore` again")
    better = train_on(model, 35)
    stopping.call("step", 0.5, model)
    last = train_on(model, 36)
    stopping.call("step", 0.75, model)
    stopping.call("restore", model)
    others = {LAST: last, "the values of an earlier improvement": first}
    expect_weights(model, better, others, "after a second improvement and `restore`")


@check(
    "EarlyStopping", points=1, title="step leaves the model as it is, and restore changes nothing but weights"
)
def nothing_else_changes(student: Student) -> None:
    for seed, training in ((40, True), (41, False)):
        stopping = student.new("EarlyStopping", 2, 0.0)
        best = trained_further(seed).train(training)
        best.conv1.requires_grad_(False)
        stopping.call("step", 0.8, best)
        expect(not student.last.changed, "`step` changed the model: it may only look at it.")
        model = trained_further(seed + 5).train(training)
        model.conv1.requires_grad_(False)
        stopping.call("step", 0.9, model)
        expect(
            not student.last.changed,
            "`step` without an improvement changed the model: it may only look at it.",
        )
        stopping.call("restore", model)
        state = student.last.args[0]
        expect(
            all(torch.equal(state.state_dict[name], value) for name, value in best.state_dict().items()),
            "`restore` did not put the weights of the best step into the model that it was given.",
        )
        flags = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
        odd = [name for name, flag in flags.items() if state.requires_grad.get(name) != flag]
        expect(not odd, f"`restore` changed `requires_grad` of `{odd[0] if odd else ''}`: load values only.")
        modes = {name: module.training for name, module in model.named_modules()}
        odd = [name for name, mode in modes.items() if state.training.get(name) != mode]
        expect(
            not odd, f"`restore` put the model into {'eval' if training else 'train'} mode: load values only."
        )


@check("EarlyStopping", points=1, title="a patience below 1 or a negative min_delta raises a ValueError")
def impossible_settings(student: Student) -> None:
    # A class that always raises, or an object that cannot step, does not pass.
    stopping = student.new("EarlyStopping", 1, 0.5)
    model = fresh_model("shared_weights", seed=0, num_classes=3)
    answers = [flag_of(stopping.call("step", loss, model)) for loss in (1.0, 2.0)]
    expect(
        answers == [False, True],
        f"patience=1, losses 1 and 2: `step` returned {answers}; expected [False, True].",
    )
    for args, why in (
        ((0,), "patience=0"),
        ((-3,), "patience=-3"),
        ((2, -0.5), "min_delta=-0.5"),
    ):
        expect_raises(student, "EarlyStopping", args, kind="ValueError", why=why)


# ------------------------------------------------------------------------------------------------ diagnose

ANSWERS = ("underfitting", "overfitting", "healthy")


def curves(
    kind: str, seed: int, epochs: int = 20, size: float = 1.0, gap: float = 1.0, floor: float = 0.3
) -> tuple[list, list]:
    """Draw training and validation losses of one kind, with bumps of up to 2 %.

    `size` scales all values; `gap` is the size of the validation loss relative to the training loss at the
    beginning of a healthy or underfitting run; `floor` is the share of it to which a healthy run comes down.
    """
    rng = np.random.default_rng(seed)
    way = np.linspace(0, 1, epochs)
    if kind == "underfitting":
        train = 1 - 0.15 * way
        val = gap * (1.01 - 0.14 * way)
    else:
        train = 0.06 + 0.94 * np.exp(-5 * way)
        val = gap * (floor + (1 - floor) * np.exp(-6 * way))
    if kind == "overfitting":
        train = 0.01 + 0.99 * np.exp(-7 * way)
        turn = rng.uniform(0.25, 0.4)
        val = 0.3 + 0.7 * np.exp(-9 * way) + rng.uniform(0.5, 0.7) * np.clip(way - turn, 0, None)
    bumps = rng.uniform(0.985, 1.015, (2, epochs))
    # The last step goes up in curves that have not turned, and down in those that have: one step tells nothing.
    bumps[1, -2:] = (1.015, 0.985) if kind == "overfitting" else (0.985, 1.015)
    return (size * train * bumps[0]).tolist(), (size * val * bumps[1]).tolist()


def curve_text(train: Sequence[float], val: Sequence[float]) -> str:
    """Say in words where the two curves begin and end."""
    return (
        f"training loss from {train[0]:.3g} to {train[-1]:.3g}, validation loss from {val[0]:.3g} over "
        f"{min(val):.3g} to {val[-1]:.3g}"
    )


def expect_diagnosis(
    value: Any, want: str, train: Sequence[float], val: Sequence[float], note: str = ""
) -> None:
    """Compare a diagnosis with the right one."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.size == 1:
        value = value.item()
    expect_type(value, str)
    expect(value in ANSWERS, f"your function returned the string {show(value)}; expected one of {ANSWERS}.")
    why = {
        "overfitting": f"the validation loss ends {val[-1] / min(val) - 1:.0%} above its lowest value",
        "underfitting": f"the training loss ends at {train[-1] / train[0]:.0%} of its first value",
        "healthy": "the training loss has fallen and the validation loss ends near its lowest value",
    }[want]
    expect(
        value == want,
        f'{curve_text(train, val)}: you returned "{value}"; expected "{want}", for {why}.{note}',
    )


@check("diagnose", points=2, title="overfitting is told from healthy curves, with and without a gap")
def overfitting_or_healthy(student: Student) -> None:
    for seed in (1, 2, 3):
        for kind, gap in (("overfitting", 1.0), ("healthy", 1.0), ("healthy", 3.0)):
            train, val = curves(kind, seed, epochs=15 + 5 * seed, gap=gap)
            note = " A gap between the curves alone is no overfitting." if kind == "healthy" else ""
            expect_diagnosis(student.call("diagnose", train, val), kind, train, val, note)


@check("diagnose", points=2, title="underfitting is told from healthy curves")
def underfitting_or_healthy(student: Student) -> None:
    for seed in (11, 12, 13):
        for kind, gap in (
            ("underfitting", 1.0),
            ("healthy", 1.5),
            ("underfitting", 0.8),
            ("underfitting", 1.6),
        ):
            train, val = curves(kind, seed, epochs=6 * seed - 50, gap=gap)
            expect_diagnosis(student.call("diagnose", train, val), kind, train, val)
        train, val = curves("healthy", seed, floor=0.7)
        note = " Only the training loss tells what has been learned."
        expect_diagnosis(student.call("diagnose", train, val), "healthy", train, val, note)


@check("diagnose", points=1, title="losses of any size")
def any_size(student: Student) -> None:
    for seed, size in enumerate((0.004, 60.0), start=21):
        for kind in ANSWERS:
            train, val = curves(kind, seed, size=size, gap=1.2)
            note = " Compare each curve with itself; a fixed limit holds for one size only."
            expect_diagnosis(student.call("diagnose", train, val), kind, train, val, note)


@check("diagnose", points=1, title="lists, arrays and tensors, left as they were")
def any_container(student: Student) -> None:
    for seed, kind_of in enumerate((list, np.array, torch.tensor), start=31):
        for kind in ANSWERS:
            train, val = curves(kind, seed)
            value = student.call("diagnose", kind_of(train), kind_of(val))
            expect_unchanged(student, "Read the losses; do not write into them.")
            expect_diagnosis(value, kind, train, val)


@check("diagnose", points=1, title="different lengths, or no epochs, raise a ValueError")
def impossible_curves(student: Student) -> None:
    # A function that always raises, or always says the same, does not pass.
    for kind in ANSWERS:
        train, val = curves(kind, 41)
        expect_diagnosis(student.call("diagnose", train, val), kind, train, val)
    for train, val in (([1.0, 0.5, 0.2], [1.0, 0.6]), ([1.0], [1.0, 0.5, 0.4]), ([], [])):
        why = f"train_loss has {len(train)} epochs and val_loss {len(val)}"
        expect_raises(student, "diagnose", (train, val), kind="ValueError", why=why)

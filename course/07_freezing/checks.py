"""Hidden checks of lesson 07. Run by `autograder` on what students hand in.

What counts as right, beyond the exact words of the task cards: `freeze_all_but_fc` is judged by the flags
that the model has afterwards, so a forgotten `return` costs one check and not all. The counts of
`count_parameters` may be any whole numbers; one check alone insists on plain ones. In `frozen_train_mode`
the mode of a frozen layer that behaves the same in both modes is free, and so is that of a Dropout layer
outside every frozen block. In `fix_the_loop` the frozen part may be kept still by `model.eval()`, block by
block, or layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from autograder.checks import (
    INTEGER,
    NUMBER,
    Loader,
    ModelState,
    Wrong,
    check,
    expect,
    expect_type,
    expect_unchanged,
    fresh_model,
    model_after,
    more,
    show,
)

if TYPE_CHECKING:
    from autograder.student import Student

BATCHNORM = ("BatchNorm1d", "BatchNorm2d")


def in_head(name: str) -> bool:
    """Return whether a parameter or buffer belongs to the top-level child `fc`."""
    return name.startswith("fc.")


def changed_values(before: nn.Module, after: ModelState) -> list[str]:
    """Return the names of the parameters and buffers that differ."""
    state = before.state_dict()
    return [
        name
        for name in state.keys() | after.state_dict.keys()
        if name not in state
        or name not in after.state_dict
        or not torch.equal(state[name], after.state_dict[name])
    ]


def expect_returned(student: Student, value: Any, model: nn.Module, arch: str) -> None:
    """Raise `Wrong` unless the function returned the model that it was given, with the values that it had."""
    expect_type(value, nn.Module)
    expect(
        student.last.returned_argument is not None,
        f"for {arch} you returned another model than the one passed in: change `model` itself and return it.",
    )
    changed = sorted(changed_values(model, value))
    if changed:
        raise Wrong(
            f"`{changed[0]}` of {arch} has other values than before{more(changed)}: the model keeps its "
            "weights and buffers, and no layer is replaced."
        )


# --------------------------------------------------------------------------------------- freeze_all_but_fc


def arrivals() -> Iterator[tuple[str, nn.Module]]:
    """Yield models in the states in which they may arrive, each with its name and state in words."""
    yield "resnet18", fresh_model("resnet18", seed=1)
    yield "nested_fc", fresh_model("nested_fc", seed=2)
    yield "batchnorm_head (its `fc` holds two layers)", fresh_model("batchnorm_head", seed=3)
    yield "glyphnet that arrives frozen", fresh_model("glyphnet", seed=4).requires_grad_(False)
    model = fresh_model("tiny_cnn", seed=5)
    model.conv1.requires_grad_(False)
    model.fc.bias.requires_grad_(False)
    yield "tiny_cnn that arrives with `conv1` and `fc.bias` frozen", model


def why_still_training(names: list[str], state: ModelState, arrived: dict[str, bool]) -> str:
    """Guess which slip leaves the parameters `names` outside `fc` trainable."""
    kinds = {state.module_types.get(name.rpartition(".")[0], "") for name in names}
    if not any(state.requires_grad[name] for name in state.requires_grad if in_head(name)):
        return "`fc` does not. Are the two flags the wrong way round?"
    if state.requires_grad == arrived:
        return (
            "no flag has changed. `model.requires_grad = False` only adds an attribute to the module, and "
            "`model.eval()` sets a mode."
        )
    if all("fc" in name for name in names):
        return (
            "the name only looks like the head. The head is the child `model.fc`: its names begin with `fc.`"
        )
    if all(name.endswith(".bias") for name in names):
        return "did you freeze the weights and forget the biases?"
    if kinds <= set(BATCHNORM):
        return "did you skip the BatchNorm layers?"
    if all(name.count(".") > 1 for name in names):
        return "did you visit only the outer layers, and not those inside the blocks?"
    return "everything outside `fc` must be off."


@check("freeze_all_but_fc", points=2, title="only the parameters of fc require gradients")
def only_fc_trains(student: Student) -> None:
    for arch, model in arrivals():
        arrived = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
        state = model_after(student, student.call("freeze_all_but_fc", model))
        gone = [name for name in arrived if name not in state.requires_grad]
        if gone:
            raise Wrong(f"`{gone[0]}` of {arch} is no parameter any more{more(gone)}: change flags only.")
        on = [name for name, flag in state.requires_grad.items() if flag and not in_head(name)]
        if on:
            advice = why_still_training(on, state, arrived)
            raise Wrong(f"`{on[0]}` of {arch} still requires gradients{more(on)}: {advice}")
        head = [name for name in state.requires_grad if in_head(name)]
        off = [name for name in head if not state.requires_grad[name]]
        if not off:
            continue
        advice = "all of `fc` must require gradients, whatever state the model arrives in."
        if off == head and any(arrived.get(name) for name in head):
            advice = "switch `fc` on after all else is off."
        raise Wrong(f"`{off[0]}` of {arch} does not require gradients{more(off)}: {advice}")


@check("freeze_all_but_fc", points=1, title="the model is changed in place and returned")
def model_is_returned(student: Student) -> None:
    for arch in ("tiny_cnn", "nested_fc"):
        model = fresh_model(arch, seed=6)
        value = student.call("freeze_all_but_fc", model)
        expect_returned(student, value, model, arch)
        expect(
            any(value.requires_grad.values()) and not all(value.requires_grad.values()),
            f"{arch} came back with all its flags alike: return it after the flags are set.",
        )


@check("freeze_all_but_fc", points=1, title="one training step moves fc and nothing else")
def one_step_moves_only_fc(student: Student) -> None:
    for arch in ("glyphnet", "nested_fc"):
        state = model_after(student, student.call("freeze_all_but_fc", fresh_model(arch, seed=7)))
        model = state.rebuild()
        before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        loss = cross_entropy(model(torch.randn(16, 3, 32, 32)), torch.arange(16) % 10)
        expect(
            loss.requires_grad,
            f"nothing in {arch} is left to train: `loss.backward()` raises `element 0 of tensors does not "
            "require grad`.",
        )
        loss.backward()
        torch.optim.SGD(model.parameters(), lr=0.5).step()
        moved = [
            name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])
        ]
        others = [name for name in moved if not in_head(name)]
        if others:
            raise Wrong(
                f"after one training step `{others[0]}` of {arch} had moved{more(others)}; only `fc` may."
            )
        unmoved = [name for name in before if in_head(name) and name not in moved]
        if unmoved:
            raise Wrong(
                f"after one training step `{unmoved[0]}` of {arch} had not moved{more(unmoved)}; `fc` must."
            )


# ---------------------------------------------------------------------------------------- count_parameters

KEYS = ("tensors", "elements", "trainable_tensors", "trainable_elements")


def counts(parameters: list[nn.Parameter]) -> tuple[int, int]:
    """Return how many tensors there are and how many values in them."""
    return len(parameters), sum(parameter.numel() for parameter in parameters)


def right_counts(model: nn.Module) -> dict[str, int]:
    """Return what `count_parameters(model)` must give."""
    parameters = list(model.parameters())
    numbers = (
        *counts(parameters),
        *counts([parameter for parameter in parameters if parameter.requires_grad]),
    )
    return dict(zip(KEYS, numbers, strict=True))


def entry_of(value: Any, key: str) -> Any:
    """Return the entry `key` of what the student's function returned, as a plain number where it is one."""
    expect_type(value, dict)
    expect(
        key in value, f"the result has no key `{key}`; its keys are {', '.join(map(repr, value)) or 'none'}."
    )
    entry = value[key]
    if isinstance(entry, Tensor) and entry.numel() == 1:
        return entry.item()
    return entry


def slip(key: str, got: Any, model: nn.Module) -> str:
    """Guess how a wrong count came about; "" where nothing fits."""
    want = right_counts(model)
    kind = key.rpartition("_")[2]
    partner = "elements" if kind == "tensors" else "tensors"
    trainable = key.startswith("trainable_")
    repeated = [
        p for _, p in model.named_parameters(remove_duplicate=False) if p.requires_grad or not trainable
    ]
    by_name = counts(repeated)[KEYS.index(kind)]
    in_state_dict = counts(list(model.state_dict().values()))[KEYS.index(kind)]
    mistakes = [(want[key.removesuffix(kind) + partner], f"that is the number of {partner}")]
    if trainable:
        mistakes += [
            (want[kind], "that counts all parameters, the frozen ones too"),
            (want[kind] - want[key], "that counts the frozen ones"),
        ]
    mistakes += [
        (by_name, "a parameter that two layers share was counted twice"),
        (in_state_dict, "that counts the buffers too: running statistics are not parameters"),
        (
            len([m for m in model.modules() if list(m.parameters(recurse=False))]),
            "that is the number of layers",
        ),
        (want[f"trainable_{kind}"], "that counts only the trainable ones"),
        (0, "is a generator used up before this count? `list(model.parameters())` can be used twice"),
    ]
    return next((f": {text}" for value, text in mistakes if value == got), "")


def expect_counts(student: Student, model: nn.Module, arch: str, keys: tuple[str, ...]) -> None:
    """Raise `Wrong` unless the student's function gives the right numbers for `keys`."""
    value = student.call("count_parameters", model)
    want = right_counts(model)
    for key in keys:
        got = entry_of(value, key)
        expect_type(got, NUMBER, f"`{key}`")
        if got != want[key]:
            raise Wrong(f"`{key}` is {show(got)} for {arch}; expected {want[key]}{slip(key, got, model)}.")


def some_frozen() -> Iterator[tuple[str, nn.Module]]:
    """Yield models of which some parameters are frozen."""
    model = fresh_model("tiny_cnn", seed=1)
    model.conv1.requires_grad_(False)
    yield "tiny_cnn with `conv1` frozen", model
    model = fresh_model("glyphnet", seed=2, num_classes=7)
    model.requires_grad_(False).fc.requires_grad_(True)
    yield "glyphnet with all but `fc` frozen", model
    yield "nested_fc with nothing frozen", fresh_model("nested_fc", seed=3)


@check("count_parameters", points=1, title="tensors and elements of the whole model")
def counts_the_whole_model(student: Student) -> None:
    for arch, model in some_frozen():
        expect_counts(student, model, arch, ("tensors", "elements"))


@check("count_parameters", points=1, title="tensors and elements that train")
def counts_what_trains(student: Student) -> None:
    for arch, model in some_frozen():
        expect_counts(student, model, arch, ("trainable_tensors", "trainable_elements"))
    frozen = fresh_model("batchnorm_head", seed=4).requires_grad_(False)
    expect_counts(
        student, frozen, "batchnorm_head with everything frozen", ("trainable_tensors", "trainable_elements")
    )


@check("count_parameters", points=1, title="a shared parameter counts once")
def shared_counts_once(student: Student) -> None:
    model = fresh_model("shared_weights", seed=5)
    expect_counts(student, model, "shared_weights (two layers use one weight)", KEYS)
    model = fresh_model("shared_weights", seed=6, num_classes=4)
    model.fc.requires_grad_(False)
    expect_counts(student, model, "shared_weights with `fc` frozen (two layers use one weight)", KEYS)


def expect_one_right(value: dict, model: nn.Module, arch: str) -> None:
    """Raise `Wrong` if not one of the four counts is right: form alone, as of four zeros, earns nothing."""
    want = right_counts(model)
    got = {key: entry_of(value, key) for key in KEYS if key in value}
    expect(
        any(isinstance(got.get(key), NUMBER) and got[key] == want[key] for key in KEYS),
        f"not one of the four numbers is right for {arch}; this check needs at least one that is.",
    )


@check("count_parameters", points=1, title="a dictionary of four whole numbers")
def four_whole_numbers(student: Student) -> None:
    for arch, num_classes in (("tiny_cnn", 3), ("batchnorm_head", 5)):
        model = fresh_model(arch, seed=7, num_classes=num_classes)
        value = student.call("count_parameters", model)
        expect_type(value, dict)
        missing = [key for key in KEYS if key not in value]
        extra = [key for key in value if key not in KEYS]
        keys = ", ".join(map(repr, value)) or "none"
        expect(not missing and not extra, f"the keys are {keys}; expected {', '.join(map(repr, KEYS))}.")
        for key in KEYS:
            expect_type(value[key], INTEGER, f"`{key}`")
        expect_one_right(value, model, arch)


@check("count_parameters", points=1, title="the model is left as it was")
def leaves_the_model_alone(student: Student) -> None:
    partly = fresh_model("nested_fc", seed=8)
    partly.encoder.requires_grad_(False)
    for arch, model in (("nested_fc", partly), ("tiny_cnn", fresh_model("tiny_cnn", seed=9).eval())):
        value = student.call("count_parameters", model)
        expect_type(value, dict)
        expect_unchanged(student, "Count, and leave flags, modes and values alone.")
        expect_one_right(value, model, arch)


# --------------------------------------------------------------------------------------- frozen_train_mode


def frozen_blocks(model: nn.Module) -> set[str]:
    """Return the names of all frozen modules (with parameters, none trains) and of what is inside them."""
    names: set[str] = set()
    for name, module in model.named_modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            names |= {f"{name}.{inner}".strip(".") for inner, _ in module.named_modules()}
    return names


def training_modules(model: nn.Module) -> list[str]:
    """Return the names of all modules with a trainable parameter, in themselves or below."""
    return [
        name
        for name, module in model.named_modules()
        if any(parameter.requires_grad for parameter in module.parameters())
    ]


def only(arch: str, *trainable: str, seed: int) -> nn.Module:
    """Return a model in which only the named modules and parameters train."""
    model = fresh_model(arch, seed=seed).requires_grad_(False)
    for name in trainable:
        inner = (
            model.get_parameter(name) if name in dict(model.named_parameters()) else model.get_submodule(name)
        )
        inner.requires_grad_(True)
    return model


def expect_some_training(state: ModelState, model: nn.Module, arch: str) -> None:
    """Raise `Wrong` if all that trains is in eval mode: `model.eval()` alone keeps frozen parts still too."""
    expect(
        any(state.training.get(name) for name in training_modules(model) if name),
        f"every trainable layer of {arch} is in eval mode; only the frozen part belongs there.",
    )


def expect_some_frozen_still(state: ModelState, model: nn.Module, what: str) -> None:
    """Raise `Wrong` if all that is frozen is in train mode: `model.train()` alone wakes what trains too."""
    frozen = frozen_blocks(model)
    expect(
        not frozen or any(not state.training.get(name, True) for name in frozen),
        f"every frozen layer is in train mode, as after `model.train()` alone: {what}.",
    )


def expect_eval(student: Student, model: nn.Module, arch: str, kinds: tuple[str, ...], why: str) -> None:
    """Raise `Wrong` unless all frozen layers of the classes `kinds` come back in eval mode."""
    state = model_after(student, student.call("frozen_train_mode", model))
    expect_some_training(state, model, arch)
    frozen = frozen_blocks(model)
    awake = [
        name
        for name, module in model.named_modules()
        if type(module).__name__ in kinds and name in frozen and state.training.get(name, True)
    ]
    if awake:
        raise Wrong(f"`{awake[0]}` in the frozen part of {arch} is in train mode{more(awake)}: {why}")


@check("frozen_train_mode", points=2, title="frozen BatchNorm layers are in eval mode")
def frozen_batchnorm_in_eval(student: Student) -> None:
    why = "its running statistics will drift."
    expect_eval(student, only("glyphnet", "fc", seed=1), "glyphnet with all but `fc` frozen", BATCHNORM, why)
    model = only("glyphnet", "layer4", "fc", seed=2).eval()
    expect_eval(student, model, "glyphnet with `layer4` and `fc` trainable", BATCHNORM, why)
    model = only("glyphnet", "layer4.0.conv2", "fc", seed=3)
    expect_eval(student, model, "glyphnet with `layer4.0.conv2` and `fc` trainable", BATCHNORM, why)
    expect_eval(student, only("nested_fc", "encoder", "fc", seed=3), "nested_fc", BATCHNORM, why)
    expect_eval(student, only("batchnorm_head", "fc", seed=4), "batchnorm_head", BATCHNORM, why)


@check("frozen_train_mode", points=1, title="Dropout layers inside a frozen block are in eval mode")
def frozen_dropout_in_eval(student: Student) -> None:
    why = "it deletes features at random. It has no parameters of its own and follows the block it stands in."
    expect_eval(
        student, only("nested_fc", "fc", seed=5), "nested_fc with all but `fc` frozen", ("Dropout",), why
    )
    model = fresh_model("nested_fc", seed=6, num_classes=4)
    model.encoder.requires_grad_(False)
    expect_eval(student, model, "nested_fc with only `encoder` frozen", ("Dropout",), why)


@check("frozen_train_mode", points=1, title="what trains is in train mode")
def trainable_parts_in_train(student: Student) -> None:
    cases = (
        ("batchnorm_head with all but `fc` frozen", only("batchnorm_head", "fc", seed=7)),
        ("glyphnet with `layer4` and `fc` trainable", only("glyphnet", "layer4", "fc", seed=8)),
        ("tiny_cnn with nothing frozen", fresh_model("tiny_cnn", seed=9)),
        ("tiny_cnn with `bn1.bias` and `fc` trainable", only("tiny_cnn", "bn1.bias", "fc", seed=10)),
    )
    for arch, model in cases:
        for mode, arrives in ((model.train, "train"), (model.eval, "eval")):
            state = model_after(student, student.call("frozen_train_mode", mode()))
            asleep = [name for name in training_modules(model) if not state.training.get(name)]
            # The innermost layers tell more than the containers around them.
            asleep.sort(key=lambda name: (state.module_types.get(name) not in BATCHNORM, not name))
            if asleep:
                which = "the model itself" if asleep[0] == "" else f"`{asleep[0]}`"
                raise Wrong(
                    f"{which} has trainable parameters and is in eval mode{more(asleep)}: {arch}, which "
                    f"arrives in {arrives} mode."
                )
            expect_some_frozen_still(state, model, f"{arch}, which arrives in {arrives} mode")


@check("frozen_train_mode", points=1, title="a training pass moves no frozen statistics")
def statistics_stand_still(student: Student) -> None:
    cases = (("batchnorm_head", ("fc",)), ("glyphnet", ("layer3", "fc")), ("nested_fc", ("fc_norm", "fc")))
    for arch, trainable in cases:
        model = only(arch, *trainable, seed=11)
        live = model_after(student, student.call("frozen_train_mode", model)).rebuild()
        frozen = frozen_blocks(model)
        before = {name: buffer.clone() for name, buffer in live.named_buffers()}
        with torch.no_grad():
            live(torch.randn(8, 3, 32, 32) + 1)
        what = f"{arch} with {' and '.join(f'`{name}`' for name in trainable)} trainable"
        for name, buffer in live.named_buffers():
            moved = not torch.equal(buffer, before[name])
            if name.rpartition(".")[0] in frozen:
                expect(not moved, f"one training pass moved `{name}` of {what}: that layer is frozen.")
            else:
                expect(moved, f"one training pass did not move `{name}` of {what}: that layer trains.")


@check("frozen_train_mode", points=1, title="the same model comes back, only its modes changed")
def only_modes_change(student: Student) -> None:
    for arch, trainable in (("tiny_cnn", ("fc",)), ("nested_fc", ("block", "fc"))):
        model = only(arch, *trainable, seed=12)
        flags = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
        value = student.call("frozen_train_mode", model.eval())
        expect_returned(student, value, model, arch)
        changed = [name for name, flag in flags.items() if value.requires_grad.get(name) != flag]
        if changed:
            what = f"`requires_grad` of `{changed[0]}` has changed in {arch}{more(changed)}"
            raise Wrong(f"{what}: set modes, not flags.")
        expect_some_training(value, model, arch)
        expect_some_frozen_still(value, model, arch)


# -------------------------------------------------------------------------------------------- fix_the_loop

CLOSE = 2e-4
CLEARING = ("batch", "epoch", "never", "too early")


def reference_loop(
    model: nn.Module, loader: Loader, epochs: int, softmax: bool, clear: str
) -> dict[str, Any]:
    """Train like the exercise's loop, with the frozen part still, and with these bugs left in or not.

    Args:
        model: changed in place.
        loader: the batches.
        epochs: how often to go through them.
        softmax: give probabilities to the loss.
        clear: when gradients are set to zero: for each "batch", for each "epoch", "never", or "too early",
            which is between `backward()` and `step()`, so that nothing trains.

    Returns:
        `head`, the parameters of `fc` at the end in one vector; `by_images` and `by_batches`, the mean
        loss of each epoch with each image, or each batch, counting once; `sums`, the sum of the batch losses.
    """
    model.eval()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    by_images, by_batches, sums = [], [], []
    for _ in range(epochs):
        losses, sizes = [], []
        if clear == "epoch":
            optimizer.zero_grad()
        for images, labels in loader.live():
            if clear == "batch":
                optimizer.zero_grad()
            scores = model(images)
            loss = cross_entropy(scores.softmax(dim=1) if softmax else scores, labels)
            loss.backward()
            if clear == "too early":
                optimizer.zero_grad()
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(labels))
        by_images.append(float(np.dot(losses, sizes)) / sum(sizes))
        by_batches.append(float(np.mean(losses)))
        sums.append(float(np.sum(losses)))
    head = torch.cat([p.detach().flatten() for p in model.fc.parameters()])
    return {"head": head, "by_images": by_images, "by_batches": by_batches, "sums": sums}


def head_of(student: Student) -> Tensor:
    """Return the parameters of `fc` after the student's loop, in one vector."""
    state = student.last.args[0]
    return torch.cat([value.flatten() for name, value in state.state_dict.items() if in_head(name)])


def how_many(count: int, word: str) -> str:
    """Return a count with its word, in the plural where it needs one."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def history_of(value: Any, epochs: int) -> list[float]:
    """Return the student's history as floats."""
    if isinstance(value, (Tensor, np.ndarray)) and value.ndim != 1:
        raise Wrong(f"your function returned {show(value)}; expected a list with one float for each epoch.")
    entries = list(value) if isinstance(value, (tuple, np.ndarray, Tensor)) else value
    expect_type(entries, list)
    expect(
        len(entries) == epochs,
        f"{how_many(epochs, 'epoch')} gave {how_many(len(entries), 'number')}; expected one for each epoch.",
    )
    numbers = []
    for place, entry in enumerate(entries):
        entry = entry.item() if isinstance(entry, Tensor) and entry.numel() == 1 else entry
        expect_type(entry, NUMBER, f"number {place + 1} of the history")
        numbers.append(float(entry))
    return numbers


def plain_case(
    seed: int, images: int, batch_size: int, num_classes: int = 4
) -> tuple[Callable[[], nn.Module], Loader]:
    """Return a maker of a frozen network without BatchNorm and Dropout, and data for it.

    In this network the mode makes no difference, so the other three bugs show by themselves.
    """
    generator = torch.Generator().manual_seed(seed)
    data = 2 * torch.randn(images, 3, 2, 2, generator=generator)
    labels = torch.randint(num_classes, (images,), generator=generator)

    def make() -> nn.Module:
        model = fresh_model("shared_weights", seed=seed, num_classes=num_classes).requires_grad_(False)
        model.fc.requires_grad_(True)
        return model

    return make, Loader((data, labels), batch_size)


def near(first: list[float], second: list[float]) -> bool:
    """Return whether two histories agree to rounding."""
    return np.allclose(first, second, rtol=CLOSE, atol=CLOSE)


def expect_trained(student: Student, model: nn.Module) -> None:
    """Raise `Wrong` unless the student's loop has moved `fc`."""
    before = torch.cat([parameter.detach().flatten() for parameter in model.fc.parameters()])
    expect(
        not torch.equal(head_of(student), before),
        "`fc` has not moved at all: do the gradients exist when `optimizer.step()` is called? `backward()` "
        "makes them, `zero_grad()` deletes them.",
    )


@check("fix_the_loop", points=1, title="the frozen part stands still, statistics included")
def frozen_part_stands_still(student: Student) -> None:
    for arch in ("glyphnet", "batchnorm_head"):
        model = only(arch, "fc", seed=1)
        loader = Loader((torch.randn(10, 3, 32, 32) + 0.5, torch.arange(10)), 5)
        student.call("fix_the_loop", model, loader, 1)
        expect_trained(student, model)
        moved = [name for name in changed_values(model, student.last.args[0]) if not in_head(name)]
        buffers = {name for name, _ in model.named_buffers()}
        moved.sort(key=lambda name: (name in buffers, "running_mean" not in name, name))
        if moved:
            advice = "only `fc` may train."
            if moved[0] in buffers:
                advice = "frozen BatchNorm layers must not be in train mode."
            raise Wrong(f"`{moved[0]}` of {arch} has moved{more(moved)}: {advice}")


@check("fix_the_loop", points=1, title="the loss gets scores, not probabilities")
def loss_gets_scores(student: Student) -> None:
    for seed, images, classes in ((2, 6, 4), (3, 9, 7)):
        make, loader = plain_case(seed, images, batch_size=images, num_classes=classes)
        got = history_of(student.call("fix_the_loop", make(), loader, 1), 1)
        want = reference_loop(make(), loader, 1, softmax=False, clear="batch")["by_images"]
        wrong = reference_loop(make(), loader, 1, softmax=True, clear="batch")["by_images"]
        # A sum in place of a mean is the business of another check.
        scales = (1, images, 1 / images)
        if any(near(got, [wrong[0] * scale]) for scale in scales):
            raise Wrong(
                f"the first loss is {got[0]:.4f}, that of probabilities: `cross_entropy` applies softmax "
                f"itself, so a softmax before it comes twice. Expected {want[0]:.4f}."
            )
        expect(
            any(near(got, [want[0] * scale]) for scale in scales),
            f"with one batch of {images} images the first number is {got[0]:.4f}; expected {want[0]:.4f}, "
            "the cross-entropy before the first step.",
        )


@check("fix_the_loop", points=1, title="every step uses the gradients of its own batch only")
def gradients_start_fresh(student: Student) -> None:
    for seed, images, batch_size in ((4, 12, 4), (5, 10, 5)):
        make, loader = plain_case(seed, images, batch_size)
        model = make()
        student.call("fix_the_loop", model, loader, 2)
        expect_trained(student, model)
        head = head_of(student)
        found = None
        for softmax, clear in product((False, True), CLEARING):
            reference = reference_loop(make(), loader, 2, softmax, clear)["head"]
            if torch.allclose(head, reference, rtol=CLOSE, atol=CLOSE):
                found = clear
        expect(
            found != "never",
            "`fc.weight` ends where it ends without `zero_grad()`: `backward()` adds to the gradients of the "
            "batches before it.",
        )
        expect(
            found != "epoch",
            "`fc.weight` ends where it ends when `zero_grad()` is called once an epoch: call it for every "
            "batch.",
        )
        expect(
            found == "batch",
            "`fc.weight` does not end where the repaired loop takes it. Each batch: `zero_grad()`, "
            "`backward()`, `step()`, in this order, with the optimizer as it was given (SGD, lr=0.1).",
        )


@check("fix_the_loop", points=1, title="each image counts once in the mean of an epoch")
def mean_over_images(student: Student) -> None:
    for seed, images, batch_size in ((6, 9, 4), (7, 13, 6)):
        make, loader = plain_case(seed, images, batch_size)
        got = history_of(student.call("fix_the_loop", make(), loader, 2), 2)
        runs = [
            reference_loop(make(), loader, 2, softmax, clear)
            for softmax, clear in product((False, True), CLEARING)
        ]
        last = images % batch_size or batch_size
        if any(near(got, run["by_images"]) for run in runs):
            continue
        if any(near(got, run["by_batches"]) for run in runs):
            raise Wrong(
                f"epoch 1 gives {got[0]:.4f}, the mean of the batch means: the last batch has {last} image"
                f"{'s' * (last > 1)} and counts as much as one of {batch_size}."
            )
        if any(near(got, run["sums"]) for run in runs):
            raise Wrong(
                f"epoch 1 gives {got[0]:.4f}, the sum of the batch losses: it must be a mean over images."
            )
        if any(near(got, [value / images for value in run["sums"]]) for run in runs):
            raise Wrong(
                f"epoch 1 gives {got[0]:.4f}: the batch losses are means already, so multiply each by the "
                "size of its batch before you divide by the number of images."
            )
        want = runs[0]["by_images"][0]
        raise Wrong(f"epoch 1 gives {got[0]:.4f}; expected {want:.4f}, the mean over {images} images.")


@check("fix_the_loop", points=2, title="the whole loop: losses and weights of a correct run")
def whole_loop(student: Student) -> None:
    make, loader = plain_case(8, images=4, batch_size=2)
    history_of(student.call("fix_the_loop", make(), loader, 0), 0)
    for seed, images, batch_size, epochs in ((9, 11, 4, 2), (10, 7, 3, 3)):
        generator = torch.Generator().manual_seed(seed)
        loader = Loader(
            (torch.randn(images, 3, 32, 32, generator=generator), torch.arange(images) % 10), batch_size
        )
        value = student.call("fix_the_loop", only("glyphnet", "fc", seed=seed), loader, epochs)
        expect_type(value, list)
        for place, entry in enumerate(value):
            expect_type(entry, (float, np.floating), f"number {place + 1} of the history")
        got = history_of(value, epochs)
        want = reference_loop(only("glyphnet", "fc", seed=seed), loader, epochs, softmax=False, clear="batch")
        what = f"glyphnet, {images} images in batches of {batch_size}"
        shown = ", ".join(f"{number:.4f}" for number in got)
        expected = ", ".join(f"{number:.4f}" for number in want["by_images"])
        expect(
            near(got, want["by_images"]), f"{what}: the history is {shown}; a correct loop gives {expected}."
        )
        expect(
            torch.allclose(head_of(student), want["head"], rtol=1e-3, atol=1e-3),
            f"{what}: the losses are right, but `fc` does not end where a correct loop takes it.",
        )

"""Hidden checks of lesson 08. Run by `autograder` on what students hand in.

What counts as right, beyond the exact words of the task cards: `unfreeze_from` is judged by the flags that the
model has afterwards, so a forgotten `return` costs one check and not all. The dictionaries of
`discriminative_groups` may come in any order, in a list or tuple, with further entries, and their rates may be
NumPy numbers or tensors of one element. Rates are compared with a relative tolerance of 1e-5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from autograder.checks import (
    NUMBER,
    Wrong,
    check,
    expect,
    expect_raises,
    expect_type,
    expect_unchanged,
    fresh_model,
    model_after,
    more,
    show,
)

if TYPE_CHECKING:
    from autograder.student import Student


def child_of(name: str) -> str:
    """Return the top-level child that a parameter belongs to, from its name."""
    return name.partition(".")[0]


def frozen_but(arch: str, *children: str, seed: int) -> nn.Module:
    """Return a model in which only the named children train."""
    model = fresh_model(arch, seed=seed).requires_grad_(False)
    for name in children:
        model.get_submodule(name).requires_grad_(True)
    return model


# ------------------------------------------------------------------------------------------- unfreeze_from


def expect_flags(student: Student, model: nn.Module, name: str, what: str) -> None:
    """Call `unfreeze_from(model, name)` and raise `Wrong` unless exactly the right parameters train."""
    children = [child for child, _ in model.named_children()]
    arrived = {key: parameter.requires_grad for key, parameter in model.named_parameters()}
    state = model_after(student, student.call("unfreeze_from", model, name))
    gone = [key for key in arrived if key not in state.requires_grad]
    if gone:
        raise Wrong(f"`{gone[0]}` of {what} is no parameter any more{more(gone)}: change flags only.")
    want = {key: children.index(child_of(key)) >= children.index(name) for key in arrived}
    off = [key for key in arrived if want[key] and not state.requires_grad[key]]
    on = [key for key in arrived if not want[key] and state.requires_grad[key]]
    if not off and not on:
        return
    call = f'`unfreeze_from(model, "{name}")`'
    if off and state.requires_grad == {key: not flag for key, flag in want.items()}:
        raise Wrong(f"{call}: all flags of {what} are the wrong way round.")
    if state.requires_grad == arrived:
        raise Wrong(f"{call}: no flag of {what} has changed.")
    if off:
        advice = f"`{name}` and every later child must train."
        if all(child_of(key) == name for key in off):
            advice = f"`{name}` itself must train too, not only what comes after it."
        elif all(child_of(key) != name for key in off):
            advice = f"it comes after `{name}`, so it must train too."
        raise Wrong(f"{call}: `{off[0]}` of {what} does not require gradients{more(off)}: {advice}")
    advice = f"it comes before `{name}`."
    if name in on[0]:
        advice = f"its name only looks like `{name}`; compare the names of children exactly."
    elif all(arrived[key] for key in on):
        advice = f"it comes before `{name}` and must be switched off."
    raise Wrong(f"{call}: `{on[0]}` of {what} still requires gradients{more(on)}: {advice}")


@check("unfreeze_from", points=2, title="that child and all later ones train, the earlier ones do not")
def from_there_on(student: Student) -> None:
    for arch, name, seed in (
        ("resnet18", "layer3", 1),
        ("glyphnet", "bn1", 2),
        ("nested_fc", "block", 3),
        ("glyphnet_vgg", "classifier", 4),
    ):
        expect_flags(student, fresh_model(arch, seed=seed), name, arch)


@check("unfreeze_from", points=1, title="the state in which the model arrives does not matter")
def any_arrival(student: Student) -> None:
    cases = (
        ("glyphnet", "layer4", (), "glyphnet that arrives frozen"),
        ("tiny_cnn", "conv1", ("fc",), "tiny_cnn that arrives with only `fc` trainable"),
        ("nested_fc", "fc_norm", ("stem",), "nested_fc that arrives with only `stem` trainable"),
    )
    for seed, (arch, name, trainable, what) in enumerate(cases, start=5):
        expect_flags(student, frozen_but(arch, *trainable, seed=seed), name, what)


@check("unfreeze_from", points=1, title="names are compared exactly: fc is not fc_norm or encoder.fc")
def exact_names(student: Student) -> None:
    expect_flags(student, fresh_model("nested_fc", seed=8), "fc", "nested_fc")
    expect_flags(student, frozen_but("nested_fc", "block", "fc", seed=9), "fc", "nested_fc")
    expect_flags(student, fresh_model("resnet18", seed=10), "avgpool", "resnet18")


@check("unfreeze_from", points=1, title="a name that is no child's raises a ValueError")
def unknown_name(student: Student) -> None:
    # A function that always raises, or does nothing, does not pass.
    expect_flags(student, fresh_model("tiny_cnn", seed=11), "fc", "tiny_cnn")
    for arch, name in (("tiny_cnn", "head"), ("glyphnet", "layer4.0"), ("nested_fc", "encoder.fc")):
        model = fresh_model(arch, seed=12)
        children = ", ".join(child for child, _ in model.named_children())
        why = f'{arch} has no child "{name}", only {children}'
        expect_raises(student, "unfreeze_from", (model, name), "ValueError", mention=name, why=why)


@check("unfreeze_from", points=1, title="the same model comes back, only its flags changed")
def model_is_returned(student: Student) -> None:
    for arch, name in (("tiny_cnn", "bn1"), ("batchnorm_head", "fc")):
        model = fresh_model(arch, seed=13).eval()
        before, modes = model.state_dict(), {key: inner.training for key, inner in model.named_modules()}
        value = student.call("unfreeze_from", model, name)
        expect_type(value, nn.Module)
        expect(
            student.last.returned_argument is not None,
            f"for {arch} you returned another model than the one passed in: change `model` itself and return it.",
        )
        changed = [
            key
            for key in before.keys() | value.state_dict.keys()
            if key not in before
            or key not in value.state_dict
            or not torch.equal(before[key], value.state_dict[key])
        ]
        if changed:
            raise Wrong(
                f"`{sorted(changed)[0]}` of {arch} has other values than before{more(changed)}: set flags only."
            )
        woken = [key for key, mode in modes.items() if value.training.get(key) != mode]
        expect(not woken, f"{arch} arrived in eval mode and comes back in train mode: set flags, not modes.")
        expect(
            any(value.requires_grad.values()) and not all(value.requires_grad.values()),
            f"{arch} came back with all its flags alike: return it after the flags are set.",
        )


# ----------------------------------------------------------------------------------- discriminative_groups


def numbered(model: nn.Module) -> nn.Module:
    """Fill each parameter with its own number, 1, 2, 3 …, so that a tensor that comes back can be named."""
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters(), start=1):
            parameter.fill_(number)
    return model


def groups_of(value: Any, model: nn.Module, what: str) -> list[tuple[list[str], float]]:
    """Return the parameter names and the rate of each group; raise `Wrong` where there are no such things."""
    expect_type(value, (list, tuple))
    names = {number: name for number, (name, _) in enumerate(model.named_parameters(), start=1)}
    found = []
    for place, group in enumerate(value):
        expect_type(group, dict, f"entry {place} of the list")
        for key in ("params", "lr"):
            expect(
                key in group, f"entry {place} has no key `{key}`; its keys are {', '.join(map(repr, group))}."
            )
        tensors, rate = group["params"], group["lr"]
        expect_type(tensors, (list, tuple), f"`params` of entry {place}")
        if isinstance(rate, Tensor) and rate.numel() == 1:
            rate = rate.item()
        expect_type(rate, NUMBER, f"`lr` of entry {place}")
        found.append(([name_of(tensor, names, model, place, what) for tensor in tensors], float(rate)))
    return found


def name_of(tensor: Any, names: dict[int, str], model: nn.Module, place: int, what: str) -> str:
    """Return the name of the parameter that came back as `tensor`."""
    if isinstance(tensor, (list, tuple)) and len(tensor) == 2 and isinstance(tensor[0], str):
        raise Wrong(
            f"`params` of entry {place} holds pairs of name and tensor; expected tensors: use `parameters()`."
        )
    expect_type(tensor, Tensor, f"a part of `params` of entry {place}")
    number = int(tensor.flatten()[0]) if tensor.numel() and tensor.is_floating_point() else 0
    name = names.get(number)
    if name is None or model.get_parameter(name).shape != tensor.shape:
        raise Wrong(f"`params` of entry {place} holds {show(tensor)}, which is no parameter of {what}.")
    if model.get_parameter(name).requires_grad and not tensor.requires_grad:
        raise Wrong(
            f"`{name}` of {what} comes back without `requires_grad`: give the parameter itself, not `.data` or "
            "what `detach()` returns."
        )
    return name


def homes(model: nn.Module) -> dict[str, set[str]]:
    """Return for each parameter name the children that it belongs to: more than one if it is shared."""
    found: dict[str, set[str]] = {}
    ids = {id(parameter): name for name, parameter in model.named_parameters()}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        found.setdefault(ids[id(parameter)], set()).add(child_of(name))
    return found


def children_with_parameters(model: nn.Module) -> list[str]:
    """Return the names of the children that have parameters, the head first."""
    return [name for name, child in model.named_children() if any(True for _ in child.parameters())][::-1]


def close(got: float, want: float) -> bool:
    """Return whether two rates agree."""
    return abs(got - want) <= 1e-5 * want


def covered(student: Student, model: nn.Module, base_lr: float, decay: float, what: str) -> dict[str, float]:
    """Call the function; raise `Wrong` unless each trainable parameter comes once; return name → rate."""
    groups = groups_of(student.call("discriminative_groups", model, base_lr, decay), model, what)
    trains = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    rates: dict[str, float] = {}
    for names, rate in groups:
        for name in names:
            expect(
                name not in rates,
                f"`{name}` of {what} is in the groups twice; an optimizer refuses that with a ValueError.",
            )
            rates[name] = rate
    missing = [name for name in trains if name not in rates]
    if missing:
        kinds = {type(model.get_submodule(name.rpartition(".")[0])).__name__ for name in missing}
        advice = "it would never train."
        if all(name.count(".") > 1 for name in missing):
            advice = "did you visit only the outer layers? `child.parameters()` reaches every depth."
        elif all(name.endswith(".bias") for name in missing):
            advice = "did you forget the biases?"
        elif kinds <= {"BatchNorm1d", "BatchNorm2d"}:
            advice = "did you skip the BatchNorm layers?"
        elif {child_of(name) for name in missing} == {children_with_parameters(model)[0]}:
            advice = "the head needs a group too."
        raise Wrong(
            f"`{missing[0]}` of {what} requires gradients and is in no group{more(missing)}: {advice}"
        )
    return rates


def expect_rates(student: Student, model: nn.Module, base_lr: float, decay: float, what: str) -> None:
    """Raise `Wrong` unless every trainable parameter comes with the rate of its child."""
    rates = covered(student, model, base_lr, decay, what)
    order, home = children_with_parameters(model), homes(model)
    every = [name for name, _ in model.named_children()][::-1]
    alive = [c for c in order if any(p.requires_grad for p in model.get_submodule(c).parameters())]
    for name, got in rates.items():
        if not model.get_parameter(name).requires_grad:
            continue
        wanted = [base_lr * decay ** order.index(child) for child in home[name]]
        if any(close(got, rate) for rate in wanted):
            continue
        child = min(home[name])
        place = order.index(child)
        mistakes = [
            (decay ** every.index(child), "children without parameters, such as pooling, do not count"),
            (
                decay ** (alive.index(child) if child in alive else place),
                "a frozen child counts: it costs a factor",
            ),
            (decay ** (len(order) - 1 - place), "the head gets `base_lr`, earlier children less, not more"),
            (decay ** (place + 1), "the head itself has no factor"),
            (decay**-place, "multiply by `decay`, do not divide"),
            (decay * place, "the factor applies again for each child: a power, not a multiple"),
            (decay, "the factor applies again for each child"),
        ]
        if all(close(rate, base_lr) for rate in rates.values()):
            mistakes = [(1, "that is `base_lr` for all")]
        reason = next((text for factor, text in mistakes if close(got, base_lr * factor)), "")
        raise Wrong(
            f"`{name}` of {what} has the rate {got:.4g} with base_lr={base_lr:g} and decay={decay:g}; expected "
            f"{wanted[0]:.4g}{': ' + reason if reason else ''}."
        )


@check("discriminative_groups", points=2, title="the head at base_lr, each earlier child times decay")
def rates_fall_from_the_head(student: Student) -> None:
    for arch, base_lr, decay, seed in (
        ("nested_fc", 0.02, 0.5, 1),
        ("glyphnet", 0.01, 0.3, 2),
        ("tiny_cnn", 0.004, 0.1, 3),
    ):
        expect_rates(student, numbered(fresh_model(arch, seed=seed)), base_lr, decay, arch)


@check("discriminative_groups", points=1, title="every trainable parameter is in exactly one group")
def exactly_once(student: Student) -> None:
    frozen_stem = frozen_but("batchnorm_head", "bn1", "fc", seed=6)
    for model, decay, what in (
        (fresh_model("glyphnet", seed=4), 0.5, "glyphnet"),
        (
            fresh_model("shared_weights", seed=5),
            0.4,
            "shared_weights (`mix_in` and `mix_out` use one weight)",
        ),
        (frozen_stem, 0.2, "batchnorm_head with `conv1` frozen"),
    ):
        rates = covered(student, numbered(model), 0.01, decay, what)
        # All parameters in one group are no sorting at all.
        expect(len(set(rates.values())) > 1, f"all parameters of {what} have the same rate.")


@check("discriminative_groups", points=1, title="frozen parameters are in no group, and no group is empty")
def frozen_stay_out(student: Student) -> None:
    partly = numbered(fresh_model("tiny_cnn", seed=7))
    partly.conv1.weight.requires_grad_(False)
    cases = (
        (
            numbered(frozen_but("glyphnet", "layer4", "fc", seed=8)),
            "glyphnet with `layer4` and `fc` trainable",
        ),
        (numbered(frozen_but("nested_fc", "fc", seed=9)), "nested_fc with `fc` trainable"),
        (partly, "tiny_cnn with `conv1.weight` frozen"),
    )
    for model, what in cases:
        rates = covered(student, model, 0.02, 0.5, what)
        frozen = [name for name in rates if not model.get_parameter(name).requires_grad]
        if frozen:
            raise Wrong(f"`{frozen[0]}` of {what} is frozen and in a group{more(frozen)}.")
        groups = groups_of(student.call("discriminative_groups", model, 0.02, 0.5), model, what)
        empty = [place for place, (names, _) in enumerate(groups) if not names]
        expect(not empty, f"entry {empty[0] if empty else 0} for {what} has no parameters: leave it out.")


@check(
    "discriminative_groups", points=1, title="a frozen child still counts, one without parameters does not"
)
def frozen_child_counts(student: Student) -> None:
    gap = numbered(frozen_but("nested_fc", "stem", "block", "fc", seed=10))
    expect_rates(student, gap, 0.08, 0.5, "nested_fc with `encoder` and `fc_norm` frozen")
    headless = numbered(frozen_but("glyphnet", "layer3", "layer4", seed=11))
    expect_rates(student, headless, 0.05, 0.2, "glyphnet with `layer3` and `layer4` trainable")


@check("discriminative_groups", points=1, title="one group for each child, and the model stays as it was")
def one_group_a_child(student: Student) -> None:
    for model, what in (
        (numbered(frozen_but("glyphnet", "layer3", "layer4", "fc", seed=12)), "glyphnet from `layer3` on"),
        (numbered(fresh_model("batchnorm_head", seed=13).eval()), "batchnorm_head"),
    ):
        value = student.call("discriminative_groups", model, 0.03, 0.5)
        expect_unchanged(student, "Sort the parameters; leave flags, modes and values alone.")
        covered(student, model, 0.03, 0.5, what)
        groups = groups_of(value, model, what)
        for names, _ in groups:
            mixed = {child_of(name) for name in names}
            expect(len(mixed) <= 1, f"one group holds parameters of {' and '.join(sorted(mixed))}: {what}.")
        want = len({child_of(name) for name, p in model.named_parameters() if p.requires_grad})
        expect(
            len(groups) == want, f"{what} gives {len(groups)} groups; expected {want}, one for each child."
        )


# ----------------------------------------------------------------------------------------- choose_strategy

TABLE = {
    "high": ("head", "last_block", "all"),
    "medium": ("last_block", "all", "all"),
    "low": ("all", "all", "scratch"),
}
ROWS = ((1, 37, 640, 999), (1_000, 4_321, 9_999), (10_000, 2_000_000))
NAMES = ("head", "last_block", "all", "scratch")


def expect_strategy(student: Student, n_images: int, similarity: str) -> None:
    """Raise `Wrong` unless the function gives the table's strategy."""
    row = next(place for place in (2, 1, 0) if n_images >= ROWS[place][0])
    want = TABLE[similarity][row]
    got = student.call("choose_strategy", n_images, similarity)
    call = f'`choose_strategy({n_images}, "{similarity}")`'
    expect_type(got, str)
    if got == want:
        return
    reason = ""
    if got not in NAMES:
        reason = f" The names are {', '.join(NAMES)}."
    elif row and n_images == ROWS[row][0] and got == TABLE[similarity][row - 1]:
        reason = f" A border belongs to the row that it begins: {n_images:,} is not below {n_images:,}."
    elif row < 2 and n_images == ROWS[row][-1] and got == TABLE[similarity][row + 1]:
        reason = f" {n_images:,} still belongs to the row before the border."
    elif got in {TABLE[other][row] for other in TABLE}:
        reason = " That stands in the same row under another similarity."
    raise Wrong(f'{call} gave "{got}"; the table says "{want}".{reason}')


def expect_column(student: Student, similarity: str) -> None:
    """Raise `Wrong` unless numbers inside each row give what the table says."""
    for n_images in (37, 640, 2_718, 4_321, 31_415, 2_000_000):
        expect_strategy(student, n_images, similarity)


@check("choose_strategy", points=1, title="high similarity: head, last_block, all")
def high_similarity(student: Student) -> None:
    expect_column(student, "high")


@check("choose_strategy", points=1, title="medium similarity: last_block, then all")
def medium_similarity(student: Student) -> None:
    expect_column(student, "medium")


@check("choose_strategy", points=1, title="low similarity: all, and scratch from 10,000 images on")
def low_similarity(student: Student) -> None:
    expect_column(student, "low")


@check("choose_strategy", points=1, title="a border belongs to the row that it begins")
def borders(student: Student) -> None:
    for similarity, numbers in (
        ("high", (1, 999, 1_000, 9_999, 10_000)),
        ("medium", (1, 999, 1_000)),
        ("low", (1, 9_999, 10_000)),
    ):
        for n_images in numbers:
            expect_strategy(student, n_images, similarity)


@check("choose_strategy", points=1, title="impossible input raises a ValueError")
def impossible_input(student: Student) -> None:
    # A function that always raises, or never looks at its input, does not pass.
    expect_strategy(student, 210, "high")
    expect_strategy(student, 210, "low")
    for n_images, similarity, why in (
        (0, "high", "n_images is 0"),
        (-5, "low", "n_images is -5"),
        (500, "High", 'similarity is "High"'),
        (5_000, "none", 'similarity is "none"'),
        (50_000, "", 'similarity is ""'),
    ):
        expect_raises(student, "choose_strategy", (n_images, similarity), "ValueError", why=why)

"""Hidden checks of lesson 05. Run by `autograder` on what students hand in.

What counts as right, beyond the exact words of the task cards: any way of finding the head is fine, by family
names too, as long as it finds it in small and large members. For VGG and ViT small members of the same classes
stand in (`vgg_tiny`, `vit_tiny`), because the smallest of torchvision have 90 million parameters and more.
`predict_topk` may return its two tensors in a tuple or a list, and class numbers of any integer type.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torchvision.models import get_model_weights

from autograder.architectures import planned_structure
from autograder.checks import (
    ModelState,
    Wrong,
    check,
    expect,
    expect_close,
    expect_raises,
    expect_tensor,
    expect_type,
    fresh_model,
    show,
)

if TYPE_CHECKING:
    from autograder.student import Student

# ------------------------------------------------------------------------------------------- load_backbone

RESNETS = (("resnet18", 7), ("glyphnet", 4))
OTHERS = (
    *(("vgg_tiny", 6), ("mobilenet_v3_small", 5), ("efficientnet_b0", 3), ("densenet121", 9)),
    *(("vit_tiny", 8), ("glyphnet_vgg", 12)),
)
TRAINED = (("glyphnet", "DEFAULT", "fc"), ("glyphnet_vgg", "LETTERS_V1", "classifier"))


@cache
def structure(arch: str, num_classes: int) -> tuple:
    """Return module names and classes, and tensor names and shapes, that an answer must have."""
    modules, tensors, _ = planned_structure(arch, num_classes)
    return modules, tensors


def outputs_of(state: ModelState, place: str) -> int | None:
    """Return how many outputs the linear layer `place` of a model has; None where there is no such layer."""
    weight = state.state_dict.get(f"{place}.weight")
    return None if weight is None else int(weight.shape[0])


def expect_no_dotted_child(state: ModelState, arch: str) -> None:
    """Raise `Wrong` if a module has a child whose own name holds a dot (`autograder.architectures.anatomy_of`)."""
    dotted = [name for name in state.module_types if name.endswith("']")]
    if dotted:
        owner, _, quoted = dotted[0].removesuffix("']").partition("['")
        parent, _, last = quoted.rpartition(".")
        place = f"`{owner}`" if owner else "the model itself"
        raise Wrong(
            f"{arch}: `setattr` does not follow a `.` in a name. It gave {place} a new child whose whole name is "
            f'"{quoted}", which is never used, and the old layer is still in place. Get the parent with '
            f'`get_submodule("{parent}")` and set "{last}" there.'
        )


def loaded(student: Student, arch: str, num_classes: int, *weights: str) -> ModelState:
    """Call the student's function; raise `Wrong` unless it returns the model with another last linear layer."""
    state = student.call("load_backbone", arch, num_classes, *weights)
    expect_type(state, nn.Module)
    expect_no_dotted_child(state, arch)
    modules, tensors = structure(arch, num_classes)
    place = [name for name, kind in modules if kind == "Linear"][-1]
    outputs = outputs_of(state, place)
    if outputs is not None and outputs != num_classes and state.module_types.get(place) == "Linear":
        advice = ""
        extra = [name for name in state.module_types if name not in dict(modules)]
        if extra:
            advice = f" Assigning to `{extra[0]}` added a layer that the model never uses."
        raise Wrong(
            f"`{place}` of {arch}, its last linear layer, has {outputs} outputs; expected {num_classes}.{advice}"
        )
    for name, kind in modules:
        got = state.module_types.get(name)
        expect(
            got is not None, f"{arch} has no module `{name}` any more; replace its last linear layer only."
        )
        expect(
            got == kind,
            f"`{name or 'the model'}` of {arch} is a {got}; expected a {kind}. Replace the last linear layer "
            f"`{place}` only, by an nn.Linear.",
        )
    extra = [name for name in state.module_types if name not in dict(modules)]
    expect(not extra, f"{arch} has a module `{extra[0] if extra else ''}` that was not there before.")
    for name, shape in tensors:
        tensor = state.state_dict.get(name)
        expect(tensor is not None, f"{arch} has no `{name}`: the new layer is an nn.Linear with a bias.")
        expect(
            tuple(tensor.shape) == shape,
            f"`{name}` of {arch} has shape {tuple(tensor.shape)}; expected {shape}.",
        )
    return state


@check("load_backbone", points=1, title="ResNets get a new `fc` with the right number of outputs")
def resnets(student: Student) -> None:
    for arch, num_classes in RESNETS:
        loaded(student, arch, num_classes)


@check("load_backbone", points=2, title="so does the last linear layer of the other families")
def other_families(student: Student) -> None:
    for arch, num_classes in OTHERS:
        loaded(student, arch, num_classes)


@check("load_backbone", points=1, title="with weights, everything but the new layer is as it was trained")
def weights_are_passed_on(student: Student) -> None:
    for arch, weights, place in TRAINED:
        trained = get_model_weights(arch)[weights].get_state_dict()
        classes = trained[f"{place}.weight"].shape[0]
        for num_classes in (5, classes):
            state = loaded(student, arch, num_classes, weights)
            for name, tensor in state.state_dict.items():
                in_head = name.startswith(f"{place}.")
                same = torch.equal(tensor, trained[name])
                expect(
                    in_head or same,
                    f"`{name}` of {arch} differs from weights={weights!r}: pass `weights` on to `get_model`, and "
                    "change no other layer.",
                )
                expect(
                    not in_head or not same,
                    f"`{name}` of {arch} still is that of the trained head: replace the layer also where "
                    f"num_classes is {classes}, as many as before.",
                )
            frozen = [name for name, flag in state.requires_grad.items() if not flag]
            if frozen:
                raise Wrong(
                    f"`{frozen[0]}` of {arch} does not require gradients: loading freezes nothing, whoever calls "
                    "it decides that."
                )


@check("load_backbone", points=1, title="without weights all is random, and unknown weights raise an error")
def none_is_random(student: Student) -> None:
    for arch, weights, place in TRAINED:
        trained = get_model_weights(arch)[weights].get_state_dict()
        state = loaded(student, arch, 6)
        name = next(name for name in trained if name.endswith("weight") and not name.startswith(place))
        expect(
            not torch.equal(state.state_dict[name], trained[name]),
            f"`{name}` of {arch} holds trained values, although no weights were asked for.",
        )
        expect_raises(
            student, "load_backbone", [arch, 6, "NO_SUCH_WEIGHTS"], why=f"{arch} has no such weights"
        )


# -------------------------------------------------------------------------------------------- predict_topk

CLOSE = 1e-5


def case(arch: str, seed: int, images: int, num_classes: int = 10) -> tuple[nn.Module, Tensor]:
    """Return a model whose modes and statistics matter, and images for it."""
    model = fresh_model(arch, seed=seed, num_classes=num_classes)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator) / 2)
            if name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
        # Scores of a new model lie close together; far apart they show which class comes first.
        for module in [module for module in model.modules() if isinstance(module, nn.Linear)][-1:]:
            module.weight.mul_(8)
    return model, torch.randn(images, 3, 32, 32, generator=generator)


def scores_of(model: nn.Module, images: Tensor, training: bool = False) -> Tensor:
    """Return the scores of a copy of `model`, in one mode throughout."""
    with torch.no_grad():
        return copy.deepcopy(model).train(training)(images)


def two_tensors(value: Any, images: int, k: int) -> tuple[Tensor, Tensor]:
    """Return probabilities and class numbers; raise `Wrong` where the result has another form."""
    expect_type(value, (tuple, list))
    expect(
        len(value) == 2,
        f"your function returned {len(value)} things; expected probabilities and class numbers.",
    )
    probabilities, indices = value
    expect_tensor(probabilities, what="the first result, the probabilities,")
    expect_tensor(indices, what="the second result, the class numbers,")
    if indices.is_floating_point() and not probabilities.is_floating_point():
        raise Wrong("the results are swapped: probabilities come first, class numbers second.")
    expect_tensor(probabilities, shape=(images, k), what="the tensor of probabilities")
    expect_tensor(indices, shape=(images, k), what="the tensor of class numbers")
    expect(
        not indices.is_floating_point(),
        f"the class numbers have dtype {indices.dtype}; expected whole numbers.",
    )
    return probabilities.detach(), indices


def slip(got: Tensor, scores: Tensor, k: int) -> str:
    """Guess how wrong probabilities came about; "" where nothing fits."""
    guesses = {
        " These are scores: softmax turns them into probabilities.": scores.topk(k).values,
        " That is a softmax over the images: a row must be normalised, `dim=1`.": scores.softmax(0)
        .topk(k)
        .values,
        " That is a sigmoid of each score; the softmax of a row sums to 1.": scores.sigmoid().topk(k).values,
        " These are logarithms of the probabilities.": scores.log_softmax(1).topk(k).values,
        " The order is wrong: the largest comes first.": scores.softmax(1).topk(k).values.flip(1),
        " These are the smallest probabilities.": scores.softmax(1).topk(k, largest=False).values,
        " That is a softmax over the k largest alone; it belongs before `topk`.": scores.topk(
            k
        ).values.softmax(1),
        " That is a softmax of a softmax: once is enough.": scores.softmax(1).softmax(1).topk(k).values,
    }
    for text, guess in guesses.items():
        if got.shape == guess.shape and torch.allclose(got.float(), guess, atol=CLOSE):
            return text
    return ""


def expect_predictions(student: Student, model: nn.Module, images: Tensor, k: int, arrives: str) -> None:
    """Raise `Wrong` unless the student's function gives the `k` most probable classes in eval mode."""
    got, indices = two_tensors(student.call("predict_topk", model, images, k), len(images), k)
    scores = scores_of(model, images)
    want, places = scores.softmax(1).topk(k)
    what = f"for {len(images)} images in a model that arrives {arrives}, k={k}, the tensor of probabilities"
    if not torch.allclose(got.to(want.dtype), want, atol=CLOSE):
        in_train_mode = (
            model.training
            and len(images) > 1
            and torch.allclose(
                got.to(want.dtype).sum(1),
                scores_of(model, images, training=True).softmax(1).topk(k).values.sum(1),
                atol=1e-3,
            )
        )
        advice = " It was computed in train mode: call `model.eval()` first." if in_train_mode else ""
        advice = advice or slip(got, scores, k)
        try:
            expect_close(got, want, tol=CLOSE, what=what)
        except Wrong as wrong:
            raise Wrong(f"{wrong}{advice}") from None
    rows = (indices.long() != places).any(1).nonzero().flatten().tolist()
    if rows:
        raise Wrong(
            f"the class numbers of image {rows[0]} are {show(indices[rows[0]].tolist())}; expected "
            f"{show(places[rows[0]].tolist())}, the columns of the {k} largest scores, largest first."
        )


@check("predict_topk", points=2, title="the k largest probabilities and their classes, largest first")
def probabilities_and_classes(student: Student) -> None:
    for arch, seed, images, k, classes in (
        ("glyphnet", 1, 5, 3, 10),
        ("tiny_cnn", 2, 1, 7, 7),
        ("nested_fc", 3, 9, 1, 4),
    ):
        model, inputs = case(arch, seed, images, classes)
        expect_predictions(student, model.eval(), inputs, k, "in eval mode")


@check("predict_topk", points=1, title="a model that arrives in train mode predicts in eval mode")
def predicts_in_eval_mode(student: Student) -> None:
    for arch, seed, images in (("glyphnet", 4, 6), ("tiny_cnn", 5, 4)):
        model, inputs = case(arch, seed, images)
        expect_predictions(student, model.train(), inputs, 2, "in train mode")
        expect_no_change(student, model, arch)


def expect_no_change(student: Student, model: nn.Module, arch: str) -> ModelState:
    """Raise `Wrong` if weights, buffers or flags of the model were changed; return it as the call left it."""
    after = student.last.args[0]
    expect_type(after, nn.Module, "the model after the call")
    for name, tensor in model.state_dict().items():
        got = after.state_dict.get(name)
        expect(
            got is not None and torch.equal(got, tensor),
            f"`{name}` of {arch} has changed. In train mode every forward pass moves the running statistics.",
        )
    for name, parameter in model.named_parameters():
        expect(
            after.requires_grad[name] == parameter.requires_grad,
            f"`requires_grad` of `{name}` in {arch} was {parameter.requires_grad} and is "
            f"{after.requires_grad[name]} after the call: use `torch.inference_mode()` and leave the flags alone.",
        )
    return after


def expect_modes(student: Student, model: nn.Module, arch: str) -> None:
    """Raise `Wrong` unless every module has the mode that it had before the call."""
    after = expect_no_change(student, model, arch)
    words = {True: "train", False: "eval"}
    for name, module in model.named_modules():
        now = after.training.get(name)
        if now != module.training:
            raise Wrong(
                f"`{name or 'the model'}` of {arch} arrived in {words[module.training]} mode and is in "
                f"{words[bool(now)]} mode after the call: put every module back as it was found."
            )


@check("predict_topk", points=1, title="the model leaves in the mode in which it arrived")
def mode_is_left(student: Student) -> None:
    for arch, training in (("tiny_cnn", True), ("nested_fc", False), ("glyphnet_vgg", True)):
        model, inputs = case(arch, 6, 3)
        model.train(training)
        two_tensors(student.call("predict_topk", model, inputs, 2), 3, 2)
        expect_modes(student, model, arch)


@check("predict_topk", points=1, title="so does every single module, where some are in eval mode")
def mixed_modes_are_left(student: Student) -> None:
    model, inputs = case("tiny_cnn", 7, 4)
    model.train().bn1.eval()
    two_tensors(student.call("predict_topk", model, inputs, 3), 4, 3)
    expect_modes(student, model, "tiny_cnn with `bn1` in eval mode")
    model, inputs = case("nested_fc", 8, 2)
    model.eval().encoder.train()
    two_tensors(student.call("predict_topk", model, inputs, 1), 2, 1)
    expect_modes(student, model, "nested_fc with `encoder` in train mode")
    # Deeper than the children of the model, and in another mode than its parent.
    model, inputs = case("nested_fc", 11, 3)
    model.eval().encoder.drop.train()
    two_tensors(student.call("predict_topk", model, inputs, 2), 3, 2)
    expect_modes(student, model, "nested_fc with `encoder.drop` in train mode")


@check("predict_topk", points=1, title="no gradients in the results; flags, weights and images as they were")
def gradients_are_left(student: Student) -> None:
    for arch, seed, frozen in (("glyphnet", 9, False), ("tiny_cnn", 10, True)):
        model, inputs = case(arch, seed, 3)
        if frozen:
            model.conv1.requires_grad_(False)
        value = student.call("predict_topk", model, inputs, 2)
        two_tensors(value, 3, 2)
        expect(
            not value[0].requires_grad,
            "the probabilities carry gradients: compute inside `torch.inference_mode()`, so that nothing is kept "
            "for a backward pass.",
        )
        expect(
            student.last.grad_enabled,
            "after the call gradients are switched off for everybody: use `with torch.inference_mode():`, which "
            "ends by itself.",
        )
        expect_no_change(student, model, arch)
        expect("images" not in student.last.changed, "your function changed its input `images`.")

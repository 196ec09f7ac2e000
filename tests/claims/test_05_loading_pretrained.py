"""What lesson 05 says, asserted: facts of the libraries once, measured claims over several seeds."""

from __future__ import annotations

import io
import pickle
import warnings
from functools import cache
from statistics import mean

import pytest
import torch
from effect_rows import assert_shown
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import ResNet18_Weights, ResNet50_Weights, get_model, get_model_weights, resnet50

import headstart.models
from headstart.data import Digits
from headstart.training import accuracy, extract_features, fit

pytestmark = pytest.mark.claims

SEEDS = range(3)
SOME = 320  # of the test images: enough for the mistakes
FAMILIES = {
    "resnet18": "fc",
    "vgg11": "classifier.6",
    "mobilenet_v2": "classifier.1",
    "efficientnet_b0": "classifier.1",
    "densenet121": "classifier",
    "vit_b_16": "heads.head",
}
CHANCE = 10.0


def outline(name: str) -> nn.Module:
    """Return an architecture without memory for its weights."""
    with torch.device("meta"):
        return get_model(name, weights=None)


def last_linear(model: nn.Module) -> str:
    """Return the name of the last linear layer: the lesson's way to the head."""
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]


@cache
def digit_head(seed: int) -> nn.Module:
    """Return the lesson's head: trained on the features of 200 digits."""
    images, labels = Digits("train", size=200, seed=seed).tensors()
    features = extract_features(get_model("glyphnet", weights="DEFAULT"), images)
    torch.manual_seed(seed)
    head = nn.Linear(128, 10)
    fit(head, features, labels, epochs=20, lr=1e-2, seed=seed)
    return head


def loaded(seed: int) -> nn.Module:
    """Return the lesson's network, loaded anew, with its head for digits."""
    model = get_model("glyphnet", weights="DEFAULT")
    model.fc = digit_head(seed)
    return model


@cache
def held_out(seed: int) -> tuple[Tensor, Tensor]:
    """Return the test digits of a seed."""
    return Digits("test", seed=seed).tensors()


def without_eval(seed: int, order: Tensor, batch_size: int) -> tuple[float, float]:
    """Return the accuracy in % in train mode, and that of the same model in eval mode afterwards."""
    model, right = loaded(seed).train(), 0
    images, labels = held_out(seed)
    with torch.no_grad():
        for batch in order.split(batch_size):
            right += int((model(images[batch]).argmax(1) == labels[batch]).sum())
    return 100 * right / len(order), 100 * accuracy(model, images, labels)


def wrong_inputs(images: Tensor) -> dict[str, Tensor]:
    """Return the lesson's wrong preprocessings of normalised images, and the right one."""
    preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (preset.mean, preset.std))
    pixels = images * std + mean
    return {
        "right": images,
        "not normalised": pixels,
        "normalised twice": (images - mean) / std,
        "0 to 255, normalised": (255 * pixels - mean) / std,
        "half the size": interpolate(images, size=16, mode="bilinear", antialias=True),
        "twice the size": interpolate(images, size=64, mode="bilinear"),
        "negative": (1 - pixels - mean) / std,
        "channels reversed": (pixels.flip(1) - mean) / std,
    }


@cache
def measure() -> dict[str, list[float]]:
    """Return each effect that the lesson measures, one value a seed."""
    effects: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        effects.setdefault(f"{name}: accuracy, %", []).append(value)

    for seed in SEEDS:
        images, labels = held_out(seed)
        note("everything right", 100 * accuracy(loaded(seed), images, labels))
        for name, inputs in wrong_inputs(images[:SOME]).items():
            note(name, 100 * accuracy(loaded(seed), inputs, labels[:SOME]))
        order = torch.arange(SOME)
        for name, batches, size in (
            ("batches of 1", order, 1),
            ("batches of 4", order, 4),
            ("batches of 16", order, 16),
            ("batches of 64", order, 64),
            ("batches of 64 sorted by class", labels.argsort(), 64),
        ):
            during, afterwards = without_eval(seed, batches, size)
            note(f"no eval(), {name}", during)
            note(f"eval() after {name} without", afterwards)
    return effects


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())


def values(name: str) -> list[float]:
    """Return an effect of `measure` by its name without the unit."""
    return measure()[f"{name}: accuracy, %"]


def test_everything_right_is_a_good_measure() -> None:
    assert min(values("everything right")) > 95


def test_without_eval_a_batch_of_one_is_at_chance() -> None:
    assert max(values("no eval(), batches of 1")) < CHANCE + 5


def test_larger_mixed_batches_hide_the_missing_eval() -> None:
    one, four, sixteen = (values(f"no eval(), batches of {n}") for n in (1, 4, 16))
    for seed in SEEDS:
        assert one[seed] + 30 < four[seed] < sixteen[seed]
    assert mean(values("no eval(), batches of 64")) > 90


def test_without_eval_sorted_batches_are_far_below_mixed_ones_of_the_same_size() -> None:
    for mixed, ordered in zip(
        values("no eval(), batches of 64"), values("no eval(), batches of 64 sorted by class"), strict=True
    ):
        assert ordered < 45 < mixed


def test_small_batches_without_eval_damage_the_model_for_good() -> None:
    right, one, large = (
        values(name)
        for name in (
            "everything right",
            "eval() after batches of 1 without",
            "eval() after batches of 64 without",
        )
    )
    for seed in SEEDS:
        assert one[seed] < right[seed] - 1
        assert one[seed] < large[seed]
    assert mean(right) - mean(one) > 2
    assert mean(right) - mean(large) < 1.5


@pytest.mark.parametrize(
    "name",
    [
        "not normalised",
        "normalised twice",
        "0 to 255, normalised",
        "half the size",
        "twice the size",
        "negative",
    ],
)
def test_wrong_preprocessing_costs_most_of_the_accuracy(name: str) -> None:
    assert max(values(name)) < 50
    assert min(values("right")) - max(values(name)) > 45


def test_reversed_channels_cost_nothing_where_the_channels_are_equal() -> None:
    assert values("channels reversed") == pytest.approx(values("right"), abs=0.2)
    images, _ = held_out(0)
    pixels = wrong_inputs(images)["not normalised"]
    assert torch.allclose(pixels[:, 0], pixels[:, 2], atol=1e-5)


def test_the_letters_network_answers_with_letters() -> None:
    names = headstart.models.GlyphNet_Weights.DEFAULT.meta["categories"]
    model = get_model("glyphnet", weights="DEFAULT").eval()
    for seed in SEEDS:
        images, labels = held_out(seed)
        with torch.inference_mode():
            scores = model(images)
        assert scores.shape == (len(images), 43)
        for digit, letter in ((0, "O"), (2, "Z"), (5, "S")):
            answers = scores[labels == digit].argmax(1)
            assert names[answers.mode().values.item()] == letter


@pytest.mark.parametrize("seed", SEEDS)
def test_inference_mode_keeps_nothing_and_changes_no_score(seed: int) -> None:
    def kept(model: nn.Module, images: Tensor) -> tuple[Tensor, int]:
        sizes: list[int] = []

        def note(tensor: Tensor) -> Tensor:
            sizes.append(tensor.numel() * tensor.element_size())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            return model(images), sum(sizes)

    model, (images, _) = loaded(seed).eval(), held_out(seed)
    scores, plain = kept(model, images[:64])
    with torch.inference_mode():
        same, less = kept(model, images[:64])
    assert plain > 2**20 and less == 0
    assert torch.equal(scores, same) and scores.grad_fn is not None and same.grad_fn is None


def test_eval_does_not_switch_gradients_off() -> None:
    assert get_model("glyphnet").eval()(torch.zeros(1, 3, 32, 32)).requires_grad


def test_trained_weights_are_the_same_twice_and_random_ones_are_not() -> None:
    for weights, same in (("DEFAULT", True), (None, False)):
        first, second = (get_model("glyphnet", weights=weights).conv1.weight for _ in range(2))
        assert torch.equal(first, second) is same


def test_what_the_enums_say() -> None:
    assert ResNet18_Weights.DEFAULT is ResNet18_Weights.IMAGENET1K_V1
    assert ResNet50_Weights.DEFAULT is ResNet50_Weights.IMAGENET1K_V2
    reached = [member.meta["_metrics"]["ImageNet-1K"]["acc@1"] for member in ResNet50_Weights]
    assert reached[1] - reached[0] > 3
    assert "tabby" in ResNet18_Weights.DEFAULT.meta["categories"][281:286]


def test_pretrained_warns_and_means_the_first_weights() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("error", message="Arguments other than a weight enum")
        with pytest.raises(UserWarning, match=r"ResNet50_Weights\.IMAGENET1K_V1"):
            resnet50(pretrained=True)
    assert "'pretrained' is deprecated since 0.13" in str(caught[0].message)
    with pytest.raises(TypeError, match="unexpected keyword argument 'pretrained'"):
        get_model("glyphnet", pretrained=True)


def test_an_imagenet_model_gives_a_thousand_scores_for_each_image() -> None:
    for name, batch in (("resnet18", 1), ("mobilenet_v2", 16)):
        images = torch.empty(batch, 3, 224, 224, device="meta")
        assert outline(name)(images).shape == (batch, 1000)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_last_linear_layer_is_the_head(name: str) -> None:
    model = outline(name)
    place = last_linear(model)
    assert place == FAMILIES[name]
    assert model.get_submodule(place).out_features == 1000
    if name != "resnet18":
        with pytest.raises(AttributeError, match="has no attribute 'fc'"):
            _ = model.fc


def test_squeezenet_has_no_linear_layer() -> None:
    model = outline("squeezenet1_1")
    assert not [module for module in model.modules() if isinstance(module, nn.Linear)]


def test_assigning_to_a_missing_fc_changes_no_score() -> None:
    model = outline("mobilenet_v2")
    model.fc = nn.Linear(1280, 10, device="meta")
    assert model(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, 1000)


def test_wrong_shapes_are_loud() -> None:
    model = loaded(0).eval()
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 32 channels"):
        model(torch.zeros(1, 32, 32, 3))
    with pytest.raises((RuntimeError, ValueError), match=r"expected 4D input \(got 3D input\)"):
        model(torch.zeros(3, 32, 32))
    with pytest.raises(ValueError, match="num_classes is 10"):
        get_model("glyphnet", weights="DEFAULT", num_classes=10)
    with pytest.raises(ValueError, match="'num_classes' expected value 1000 but got 10"):
        get_model("resnet18", weights="DEFAULT", num_classes=10)


class Surprise:
    """An object whose pickle calls `print`."""

    def __reduce__(self) -> tuple:
        return print, ("loaded",)


def test_torch_load_refuses_calls_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO()
    torch.save({"fc.weight": torch.zeros(2), "extra": Surprise()}, file)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="WeightsUnpickler error: Unsupported global"):
        torch.load(file)
    assert capsys.readouterr().out == ""
    file.seek(0)
    content = torch.load(file, weights_only=False)
    assert capsys.readouterr().out == "loaded\n"
    assert list(content) == ["fc.weight", "extra"]


def test_three_families_reach_about_the_same_at_very_different_cost() -> None:
    reached, parameters, work = {}, {}, {}
    for name in ("vgg11", "resnet18", "mobilenet_v2"):
        model, entry = outline(name).eval(), get_model_weights(name).IMAGENET1K_V1
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            model(torch.empty(1, 3, 224, 224, device="meta"))
        reached[name] = entry.meta["_metrics"]["ImageNet-1K"]["acc@1"]
        parameters[name] = sum(parameter.numel() for parameter in model.parameters())
        work[name] = counter.get_total_flops() / 2
        assert parameters[name] == entry.meta["num_params"]
        assert work[name] / 1e9 == pytest.approx(entry.meta["_ops"], abs=0.01)
    assert max(reached.values()) - min(reached.values()) < 3
    assert parameters["vgg11"] > 10 * parameters["resnet18"] > 30 * parameters["mobilenet_v2"]
    assert work["vgg11"] > 4 * work["resnet18"] > 20 * work["mobilenet_v2"]
    linear = sum(p.numel() for p in outline("vgg11").classifier.parameters())
    assert linear > 0.9 * parameters["vgg11"]

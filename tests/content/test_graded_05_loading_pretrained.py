"""The graded questions of lesson 05, tried: networks built and counted, calls made, bugs made and mended.

No weights of ImageNet are loaded. Where a question does so, random values of the same shapes stand for them.
"""

from __future__ import annotations

import warnings
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from question_bench import assert_prints, assert_tried, graded, mended, right_text, run, snippet, views
from torch import Tensor, nn
from torchvision import transforms
from torchvision.models import ResNet18_Weights, ResNet50_Weights, get_model, get_model_weights
from torchvision.models._api import WeightsEnum
from torchvision.transforms._presets import ImageClassification
from torchvision.transforms.functional import convert_image_dtype, normalize, to_pil_image

import headstart.models
from headstart.data import Digits
from headstart.training import accuracy, extract_features, fit

QUESTIONS = graded("05_loading_pretrained")


def outline(name: str) -> nn.Module:
    """Return a network with shapes and without values."""
    with torch.device("meta"):
        return get_model(name, weights=None)


def elements(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[WeightsEnum]:
    """Let random values stand for the weights that would be downloaded. Return which were asked for."""
    members: list[WeightsEnum] = []
    names = {"ResNet18_Weights": "resnet18", "ResNet50_Weights": "resnet50"}
    names["MobileNet_V2_Weights"] = "mobilenet_v2"

    def get_state_dict(self: WeightsEnum, *_: Any, **__: Any) -> dict[str, Tensor]:
        members.append(self)
        return get_model(names[type(self).__name__], weights=None).state_dict()

    monkeypatch.setattr(WeightsEnum, "get_state_dict", get_state_dict)
    return members


def test_every_claim_is_tried() -> None:
    assert_tried(QUESTIONS, globals())


def test_loading_call(asked: list[WeightsEnum]) -> None:
    right, old, without, keras = (option.text.strip("`") for option in QUESTIONS["loading-call"].options)
    assert right_text(QUESTIONS["loading-call"]) == f"`{right}`"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(right, get_model=get_model)
        assert asked == [ResNet18_Weights.DEFAULT] and not caught
        best = max(ResNet18_Weights, key=lambda member: member.meta["_metrics"]["ImageNet-1K"]["acc@1"])
        assert best is ResNet18_Weights.DEFAULT

        run(old, get_model=get_model)
        assert len(caught) == 2
        run(mended(old, "resnet18", "resnet50"), get_model=get_model)
        assert asked[1:] == [ResNet18_Weights.IMAGENET1K_V1, ResNet50_Weights.IMAGENET1K_V1]
        assert ResNet50_Weights.DEFAULT is not ResNet50_Weights.IMAGENET1K_V1

        caught.clear()
        first, second = (run(f"model = {without}", get_model=get_model)[1]["model"] for _ in range(2))
        assert len(asked) == 3 and not caught
        assert not first.conv1.weight.equal(second.conv1.weight)
    with pytest.raises(AttributeError, match="load_weights"):
        run(keras, get_model=get_model)


def test_one_image_shape(asked: list[WeightsEnum]) -> None:
    question = QUESTIONS["one-image-shape"]
    for seen in views(question):
        assert_prints(seen)
    assert asked
    _, known = snippet(question)
    model, image = known["model"], known["image"].unsqueeze(0)
    features = extract_features(model, image)
    shapes = [
        model(image).shape,
        model(image)[0].shape,
        image.shape,
        features.shape,
        model(image).argmax(1).shape,
    ]
    assert [f"`{tuple(shape)}`" for shape in shapes] == [option.text for option in question.options]


def test_missing_fc(asked: list[WeightsEnum]) -> None:
    question = QUESTIONS["missing-fc"]
    names = {"get_model": get_model, "nn": nn}
    with pytest.raises(AttributeError) as caught:
        snippet(question, **names)
    assert f"AttributeError: {caught.value}" in question.stem

    load, replace = (question.code or "").splitlines()
    image = torch.rand(1, 3, 64, 64)
    assert right_text(question).startswith("Replace `model.classifier[1]`")
    model = run(f"{load}\n{replace.replace('model.fc', 'model.classifier[1]')}", **names)[1]["model"]
    assert model.eval()(image).shape == (1, 10)
    assert [type(layer) for layer in model.classifier] == [nn.Dropout, nn.Linear]

    model = run(f"{load}\nmodel.fc = nn.Linear(1280, 10)", **names)[1]["model"]
    assert model.eval()(image).shape == (1, 1000)
    for tried in (mended(load, '"DEFAULT"', "None"), f"{load}\nmodel.eval()"):
        with pytest.raises(AttributeError, match="no attribute 'fc'"):
            run(f"{tried}\n{replace}", **names)
    assert hasattr(outline("resnet18"), "fc") and hasattr(outline("resnet50"), "fc")


def test_head_elements() -> None:
    networks = {512: "resnet18", 1024: "densenet121", 1280: "mobilenet_v2", 2048: "resnet50"}
    drawn = set()
    for seen in views(QUESTIONS["head-elements"]):
        features, classes = seen.values["features"], seen.values["classes"]
        drawn.add(features)
        model = outline(networks[features])
        before = elements(model)
        place = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]
        old, new = model.get_submodule(place), nn.Linear(features, classes, device="meta")
        assert old.in_features == features
        model.set_submodule(place, new)
        assert float(seen.answer) == before - elements(model)
        without_bias = old.weight.numel() - new.weight.numel()
        outputs = old.out_features - new.out_features
        assert [value for value, _ in seen.traps] == [without_bias, elements(new), elements(old), outputs]
    assert len(drawn) > 2


def test_finding_the_head() -> None:
    question = QUESTIONS["finding-the-head"]
    families = ("resnet18", "vgg11", "mobilenet_v2", "efficientnet_b0", "densenet121", "vit_b_16")

    # A head that is replaced is put back, so that each network is built once.
    networks = {name: outline(name).eval() for name in families}
    image = torch.empty(1, 3, 224, 224, device="meta")

    def found(text: str, model: nn.Module) -> str | None:
        try:
            return eval(text.strip("`"), {"model": model, "nn": nn})
        except IndexError:
            return None

    def is_head(text: str, model: nn.Module) -> bool:
        """Tell whether the model gives 7 scores once a layer with 7 outputs stands at what `text` finds."""
        place = found(text, model)
        layer = dict(model.named_modules()).get(place)
        if not isinstance(layer, nn.Linear):
            return False
        model.set_submodule(place, nn.Linear(layer.in_features, 7, device="meta"))
        try:
            return model(image).shape == (1, 7)
        except RuntimeError:
            return False
        finally:
            model.set_submodule(place, layer)

    for option in question.options:
        assert all(is_head(option.text, model) for model in networks.values()) == option.correct, option.text
    others = ("vgg16_bn", "mobilenet_v3_small", "vit_b_32")
    assert all(is_head(right_text(question), outline(name).eval()) for name in others)

    _, children, block, first, with_fc = (option.text for option in question.options)
    resnet, vgg, vit = (networks[name] for name in ("resnet18", "vgg11", "vit_b_16"))
    assert found(children, vgg) is None
    assert found(block, vgg) == "classifier" and len(vgg.classifier) > 1
    assert found(first, vgg) == "classifier.0" and (found(first, vit) or "").startswith("encoder.")
    assert found(with_fc, resnet) == "fc.bias" and found(with_fc, vgg) is None


def test_two_switches() -> None:
    torch.manual_seed(0)
    batch = torch.randn(8, 3, 32, 32)

    def fresh() -> nn.Module:
        return get_model("glyphnet", weights="DEFAULT")

    def depends_on_the_others(model: nn.Module) -> bool:
        with torch.no_grad():
            return not torch.allclose(model(batch)[0], model(batch[:2])[0], atol=1e-4)

    def buffers_move(model: nn.Module) -> bool:
        before = {name: buffer.clone() for name, buffer in model.named_buffers()}
        with torch.inference_mode():
            model(batch)
        return any(not buffer.equal(before[name]) for name, buffer in model.named_buffers())

    def kept(model: nn.Module) -> int:
        count: list[Tensor] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda tensor: count.append(tensor), lambda _: None):
            model(batch)
        return len(count)

    with torch.inference_mode():
        remembered_inside = kept(fresh().eval())
        train_inside, eval_inside = fresh()(batch), fresh().eval()(batch)
    plain = fresh().eval()(batch).detach()
    tried = [
        depends_on_the_others(fresh()) and not depends_on_the_others(fresh().eval()),
        buffers_move(fresh()) and not buffers_move(fresh().eval()),
        kept(fresh().eval()) > 0 and remembered_inside == 0,
        not fresh().eval()(batch).requires_grad,
        torch.allclose(train_inside, eval_inside, atol=1e-3),
        not torch.equal(plain, eval_inside),
    ]
    assert tried == [option.correct for option in QUESTIONS["two-switches"].options]


def test_prediction_order(tmp_path: Path) -> None:
    """Of all orders of the lines, one alone finds every name that it needs."""
    lines = [item.text.strip("`") for item in QUESTIONS["prediction-order"].items]
    file = tmp_path / "photo.png"
    Image.new("RGB", (300, 250), "green").save(file)
    small = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1000))
    names: dict[str, Any] = {"ResNet50_Weights": ResNet50_Weights, "Image": Image, "file": file}
    names["get_model"] = lambda name, weights: small.train()
    ran = []
    for order in permutations(lines):
        try:
            printed, known = run("\n".join(order), **names)
        except NameError:
            continue
        ran.append(list(order))
        assert printed in ResNet50_Weights.DEFAULT.meta["categories"]
        assert known["batch"].shape == (1, 3, 224, 224) and not small.training
    assert ran == [lines]


def test_undo_normalisation() -> None:
    for seen in views(QUESTIONS["undo-normalisation"]):
        grey, mean, std = (seen.values[name] for name in ("grey", "mean", "std"))
        preset = ImageClassification(crop_size=8, resize_size=8, mean=(mean,) * 3, std=(std,) * 3)
        picture = torch.full((3, 8, 8), grey, dtype=torch.uint8)
        reached = preset(picture).unique().item()
        assert reached == pytest.approx(float(seen.answer), abs=1e-5)
        pixel = convert_image_dtype(picture)
        wrong = [
            pixel,
            normalize(picture.float(), [mean], [std]),
            normalize(pixel, [mean], [1]),
            normalize(pixel, [mean], [1 / std]),
        ]
        assert [value for value, _ in seen.traps] == pytest.approx(
            [image.unique().item() for image in wrong], abs=1e-3
        )


def test_silent_mistakes() -> None:
    """Our network, which wants 32 pixels a side, in ResNet's place. The size is right, the values are not."""
    question = QUESTIONS["silent-mistakes"]
    weights = headstart.models.GlyphNet_Weights.DEFAULT
    model = get_model("glyphnet", weights=weights).eval()
    images, labels = Digits("train", size=200).tensors()
    torch.manual_seed(0)
    head = nn.Linear(128, 10)
    fit(head, extract_features(model, images), labels, epochs=20, lr=1e-2)
    model.fc = head
    published = accuracy(model, *Digits("val").tensors())

    counts, labels = Digits("val", transform=lambda counts: counts).tensors()
    pixels = nn.functional.interpolate(counts[:100].float() / 16, size=32, mode="bilinear")
    folder = [
        (to_pil_image(image.expand(3, -1, -1)), label.item())
        for image, label in zip(pixels, labels, strict=False)
    ]

    class Weights:
        """Stands for `ResNet50_Weights`."""

        DEFAULT = weights

    def reached(code: str, right: str = "hits.append(scores.argmax(1).item() == label)") -> float:
        hits: list[bool] = []
        names = {"ResNet50_Weights": Weights, "get_model": lambda *_, **__: model, "transforms": transforms}
        run(f"{code.rstrip()}\n        {right}", torch=torch, nn=nn, folder=folder, hits=hits, **names)
        assert not model.training
        return sum(hits) / len(folder)

    code = mended(question.code, "(224, 224)", "(32, 32)")
    low = reached(code)
    assert published > 0.9 and low < 0.4
    assert "`weights.transforms()` would do all of it" in right_text(question)
    right = code.replace(code.splitlines()[2], "resize = weights.transforms()")
    assert reached(right) > 0.9
    # The same by hand: the size stays, the values change.
    by_hand = mended(
        code,
        "resize(image).float()",
        "transforms.functional.normalize(resize(image) / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])",
    )
    assert reached(by_hand) > 0.9

    again = mended(code, "        scores", "        model.eval()\n        scores")
    assert reached(again) == low
    pairs = mended(code, ".unsqueeze(0)", ".expand(2, -1, -1, -1)")
    assert reached(pairs, "hits.append(scores[0].argmax().item() == label)") == low
    assert reached(mended(code, "resize(image).float()", "resize(image).float().flip(0)")) == low
    with pytest.raises(RuntimeError, match="type"):
        reached(mended(code, ".float()", ""))

    red = transforms.PILToTensor()(Image.new("RGB", (1, 1), "red"))
    assert red.dtype == torch.uint8 and red.flatten().tolist() == [255, 0, 0]
    largest = ResNet50_Weights.DEFAULT.transforms()(torch.full((3, 300, 300), 255, dtype=torch.uint8)).max()
    assert 255 / largest.item() == pytest.approx(100, rel=0.1)


def test_memory_of_a_model() -> None:
    def bytes_of_each(trainable: bool = True, optimizer: str = "AdamW", **options: Any) -> float:
        """Return how many bytes a parameter has after a step, with its gradient and its averages."""
        weight = nn.Parameter(torch.ones(1000), requires_grad=trainable)
        tensors = [weight]
        if trainable:
            taught = getattr(torch.optim, optimizer)([weight], lr=0.1, **options)
            weight.square().sum().backward()
            taught.step()
            tensors += [weight.grad, *taught.state[weight].values()]
        # AdamW counts its steps too, in one number for a whole tensor.
        held = [tensor for tensor in tensors if tensor is not None and tensor.shape == weight.shape]
        return sum(tensor.numel() * tensor.element_size() for tensor in held) / 1000

    plain, momentum = bytes_of_each(optimizer="SGD"), bytes_of_each(optimizer="SGD", momentum=0.9)
    frozen, adam = bytes_of_each(trainable=False), bytes_of_each()
    assert adam == 4 * frozen
    for seen in views(QUESTIONS["memory-of-a-model"]):
        millions = seen.values["millions"]
        assert float(seen.answer) == millions * adam
        bits = torch.finfo(torch.float32).bits
        expected = [millions * each for each in (frozen, plain, momentum, adam / 4 * bits, adam + 4)]
        assert [value for value, _ in seen.traps] == expected


def test_the_networks_of_the_questions_have_a_head_of_a_thousand() -> None:
    # `missing-fc`, option 3: the structure is the same with and without weights.
    for name in ("resnet18", "mobilenet_v2"):
        weights = get_model_weights(name).DEFAULT
        assert weights.meta["num_params"] == elements(outline(name))
        assert len(weights.meta["categories"]) == 1000

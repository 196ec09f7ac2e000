"""What lesson 10 says, asserted: facts about the metrics once, measured claims over several seeds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from statistics import mean

import pytest
import torch
from effect_rows import assert_shown
from scipy import ndimage
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate, pad
from torchvision.models import get_model
from torchvision.ops import box_area, box_convert, box_iou, nms

import headstart.models
from headstart.data import Digits
from headstart.scenes import ink, scenes, slant
from headstart.training import extract_features, fit

pytestmark = pytest.mark.claims

SEEDS = range(4)
BARS = [0.5 + 0.05 * step for step in range(10)]

Found = tuple[Tensor, Tensor, Tensor]  # boxes, scores, labels


# ---------------------------------------------------------------------------------------------- regression


@cache
def backbone() -> nn.Module:
    """Return the pre-trained network, in eval mode."""
    return get_model("glyphnet", weights="DEFAULT").eval()


@cache
def features(split: str, seed: int) -> Tensor:
    """Return the frozen features of one split."""
    return extract_features(backbone(), Digits(split, seed=seed).tensors()[0])


def r2(y_true: Tensor, y_pred: Tensor) -> float:
    """Return R²."""
    return (1 - ((y_pred - y_true) ** 2).mean() / y_true.var(unbiased=False)).item()


def regression(x: Tensor, target: Tensor, new: Tensor, *, squeeze: bool = True) -> Tensor:
    """Train the lesson's regression head and return its predictions for `new`."""
    torch.manual_seed(0)
    head = nn.Linear(x.shape[1], 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    scaled = (target - target.mean()) / target.std()
    for _ in range(300):
        optimizer.zero_grad()
        predicted = head(x).squeeze(1) if squeeze else head(x)
        ((predicted - scaled) ** 2).mean().backward()
        optimizer.step()
    return head(new).detach().squeeze(1) * target.std() + target.mean()


@cache
def regressions() -> dict[str, list[float]]:
    """Return R² of the lesson's regressions, one value a seed."""
    result: dict[str, list[float]] = {}
    for seed in SEEDS:
        train, test = Digits("train", seed=seed), Digits("test", seed=seed)
        x, new = features("train", seed), features("test", seed)
        for name, quantity in (("slant", slant), ("ink", ink)):
            for size in (50, 500):
                predicted = regression(x[:size], quantity(train.data[:size]), torch.cat([new, x[:size]]))
                value = r2(quantity(test.data), predicted[: len(new)])
                result.setdefault(f"R² of {name}, {size} images", []).append(value)
                own = r2(quantity(train.data[:size]), predicted[len(new) :])
                result.setdefault(f"R² of {name} on its own {size} images", []).append(own)
    return result


def test_the_slant_can_be_read_off_frozen_features() -> None:
    measured = regressions()
    assert min(measured["R² of slant, 500 images"]) > 0.7
    assert min(measured["R² of slant, 50 images"]) > 0.3


def test_ink_from_50_images_has_a_negative_r2_in_every_seed() -> None:
    measured = regressions()
    assert max(measured["R² of ink, 50 images"]) < -0.2
    assert min(measured["R² of ink on its own 50 images"]) > 0.95
    assert 0.1 < min(measured["R² of ink, 500 images"]) <= max(measured["R² of ink, 500 images"]) < 0.5


def test_more_images_help_and_ink_stays_far_behind_slant() -> None:
    measured = regressions()
    for seed in SEEDS:
        few, many, slanted = (
            measured[f"R² of {name} images"][seed] for name in ("ink, 50", "ink, 500", "slant, 500")
        )
        assert many > few + 0.5
        assert slanted > many + 0.35


@pytest.mark.parametrize("seed", SEEDS)
def test_the_training_mean_has_an_r2_of_about_zero(seed: int) -> None:
    truth = slant(Digits("test", seed=seed).data)
    constant = torch.full_like(truth, slant(Digits("train", seed=seed).data).mean())
    assert -0.02 < r2(truth, constant) <= 0


@pytest.mark.parametrize("seed", SEEDS)
def test_one_mistyped_value_moves_rmse_and_hardly_mae(seed: int) -> None:
    train, test = Digits("train", seed=seed), Digits("test", seed=seed)
    truth = slant(test.data)
    predicted = regression(features("train", seed), slant(train.data), features("test", seed))
    mistyped = truth.clone()
    mistyped[mistyped.abs().argmax()] *= 10
    errors = [(predicted - target) for target in (truth, mistyped)]
    rmse, mae = [
        [kind(e).item() for e in errors]
        for kind in (lambda e: (e**2).mean().sqrt(), lambda e: e.abs().mean())
    ]
    assert rmse[1] > 1.7 * rmse[0]
    assert mae[1] < 1.15 * mae[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_minus_a_row_learns_the_mean_without_a_warning(seed: int) -> None:
    target, x = slant(Digits("train", seed=seed).data), features("train", seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predicted = regression(x, target, x, squeeze=False)
    assert abs(r2(target, predicted)) < 0.05
    assert predicted.std() < 0.1 * target.std()


# --------------------------------------------------------------------------------------------------- boxes


def iou(a: Tensor, b: Tensor) -> float:
    """Return the IoU of two masks."""
    return ((a & b).sum() / (a | b).sum()).item()


def test_counting_pixels_gives_the_iou_of_torchvision() -> None:
    random = torch.Generator().manual_seed(0)
    for _ in range(50):
        corners = torch.randint(0, 12, (2, 2), generator=random)
        boxes = torch.cat([corners, corners + torch.randint(1, 9, (2, 2), generator=random)], dim=1)
        regions = torch.zeros(2, 20, 20, dtype=torch.bool)
        for region, (x1, y1, x2, y2) in zip(regions, boxes, strict=True):
            region[y1:y2, x1:x2] = True
        expected = box_iou(boxes[:1].float(), boxes[1:].float()).item()
        assert iou(*regions) == pytest.approx(expected, abs=1e-6)


def test_two_pixels_each_way_cost_more_than_half_of_the_iou() -> None:
    a, b = torch.tensor([[4.0, 4, 14, 14]]), torch.tensor([[6.0, 6, 16, 16]])
    assert box_iou(a, b).item() == pytest.approx(64 / 136)


def test_the_other_format_is_silent_and_box_convert_mends_it() -> None:
    corners = torch.tensor([[4.0, 4, 14, 14]])
    other = box_convert(corners, "xyxy", "xywh")
    assert 0 < box_iou(corners, other).item() < 0.5
    assert box_iou(corners, box_convert(other, "xywh", "xyxy")).item() == 1


# ----------------------------------------------------------------------------------------------- detection


class Detector:
    """The lesson's detector: ink above a level, connected pixels become a box, a classifier reads it."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(0)
        self.classifier = nn.Linear(128, 10)
        fit(self.classifier, features("train", seed), Digits("train", seed=seed).targets, epochs=20, lr=1e-2)
        self.preset = headstart.models.GlyphNet_Weights.DEFAULT.transforms()
        self.drawn = scenes(Digits("test", seed=seed), 60, count=5, size=40, noise=2.0, seed=seed)
        self.n_truth = sum(len(labels) for labels in self.drawn.labels)

    def detect(self, pixels: Tensor, level: float) -> Found:
        areas, _ = ndimage.label((pixels > level).numpy(), structure=[[1, 1, 1]] * 3)
        boxes = torch.tensor([[x.start, y.start, x.stop, y.stop] for y, x in ndimage.find_objects(areas)])
        boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).prod(1) >= 9].float()
        middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).int()
        padded = pad(pixels, (4, 4, 4, 4))
        crops = torch.stack([padded[y : y + 8, x : x + 8] for x, y in middles])
        chances = (
            self.classifier(extract_features(backbone(), self.preset(crops[:, None]))).detach().softmax(1)
        )
        return boxes, *chances.max(1)

    def detect_all(self, level: float) -> list[Found]:
        return [self.detect(pixels, level) for pixels in self.drawn.pixels]

    def matches(self, detections: list[Found], bar: float, once: bool) -> Iterator[list[tuple[int, int]]]:
        """Give for each canvas the pairs of a right detection and the true digit that it finds, the surest first."""
        for (boxes, sure, labels), true_boxes, true_labels in zip(
            detections, self.drawn.boxes, self.drawn.labels, strict=True
        ):
            overlap = box_iou(boxes, true_boxes) * (labels[:, None] == true_labels)
            pairs = []
            for row in sure.argsort(descending=True).tolist():
                best, column = overlap[row].max(dim=0)
                if best >= bar:
                    pairs.append((row, int(column)))
                    if once:
                        overlap[:, column] = 0
            yield pairs

    def collect(self, detections: list[Found], bar: float, once: bool = True) -> tuple[Tensor, Tensor]:
        right = []
        for (boxes, _, _), pairs in zip(detections, self.matches(detections, bar, once), strict=True):
            hits = torch.zeros(len(boxes), dtype=torch.bool)
            hits[[row for row, _ in pairs]] = True
            right.append(hits)
        return torch.cat([sure for _, sure, _ in detections]), torch.cat(right)

    def found_digits(self, detections: list[Found]) -> tuple[Tensor, Tensor]:
        """Say of each true digit whether it is found at IoU 0.5; of each find, give its area by the true one."""
        found, shares = [], []
        for (boxes, _, _), true_boxes, pairs in zip(
            detections, self.drawn.boxes, self.matches(detections, 0.5, once=True), strict=True
        ):
            rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
            hits = torch.zeros(len(true_boxes), dtype=torch.bool)
            hits[columns] = True
            found.append(hits)
            shares.append(box_area(boxes[rows]) / box_area(true_boxes[columns]))
        return torch.cat(found), torch.cat(shares)

    def mean_ap(self, detections: list[Found], bar: float) -> float:
        sure, right = self.collect(detections, bar)
        labels, truth = torch.cat([found[2] for found in detections]), torch.cat(self.drawn.labels)
        return mean(
            average_precision(sure[labels == k], right[labels == k], int((truth == k).sum()))
            for k in range(10)
        )


def average_precision(sure: Tensor, right: Tensor, n_truth: int, points: int | None = None) -> float:
    """Return AP with all points, or at so many evenly spaced recalls as COCO reads it."""
    hits = right[sure.argsort(descending=True)].double().cumsum(0)
    recall = hits / n_truth
    filled = (hits / torch.arange(1, len(hits) + 1)).flip(0).cummax(0).values.flip(0)
    if points is None:
        return (recall.diff(prepend=torch.zeros(1)) * filled).sum().item()
    grid = torch.linspace(0, 1, points, dtype=torch.float64)
    places = torch.searchsorted(recall, grid)
    return torch.cat([filled, torch.zeros(1)])[places].mean().item()


@cache
def detections() -> dict[str, list[float]]:
    """Return what the lesson measures on detections, one value a seed."""
    result: dict[str, list[float]] = {}
    for seed in SEEDS:
        detector = Detector(seed)
        found = {level: detector.detect_all(level) for level in (4, 6, 8)}
        for level in (4, 8):
            curve = [detector.mean_ap(found[level], bar) for bar in BARS]
            result.setdefault(f"AP at 0.5, level {level}", []).append(curve[0])
            result.setdefault(f"mAP over 0.50:0.95, level {level}", []).append(mean(curve))
        hits, shares = zip(*(detector.found_digits(found[level]) for level in (4, 8)), strict=True)
        for level, hit, share in zip((4, 8), hits, shares, strict=True):
            result.setdefault(f"digits found, level {level}", []).append(hit.double().mean().item())
            result.setdefault(f"area of a box by the true area, level {level}", []).append(
                share.mean().item()
            )
        result.setdefault("digits found by one level only", []).append(
            (hits[0] ^ hits[1]).double().mean().item()
        )
        both = [
            tuple(torch.cat(pair) for pair in zip(a, b, strict=True))
            for a, b in zip(found[4], found[8], strict=True)
        ]
        kept = [tuple(part[nms(f[0], f[1], 0.3)] for part in f) for f in both]
        for name, boxes, once in (
            ("both", both, True),
            ("both, NMS", kept, True),
            ("both, wrong rule", both, False),
        ):
            sure, right = detector.collect(boxes, 0.5, once)
            result.setdefault(f"AP at 0.5, {name}", []).append(
                average_precision(sure, right, detector.n_truth)
            )
            result.setdefault(f"recall, {name}", []).append(right.sum().item() / detector.n_truth)
        single = detector.collect(found[6], 0.5)
        all_points, coco = (average_precision(*single, detector.n_truth, points) for points in (None, 101))
        result.setdefault("AP with all points", []).append(all_points)
        result.setdefault("AP at 101 points minus AP with all points", []).append(coco - all_points)
    return result


def test_ap_at_a_half_hardly_tells_the_levels_apart_and_map_does() -> None:
    measured = detections()
    for seed in SEEDS:
        at_half, over_all = (
            measured[f"{name}, level 4"][seed] - measured[f"{name}, level 8"][seed]
            for name in ("AP at 0.5", "mAP over 0.50:0.95")
        )
        assert abs(at_half) < 0.08
        assert over_all > 0.06
        assert over_all > at_half + 0.06


def test_both_levels_find_about_as_many_digits_and_not_the_same_ones() -> None:
    measured = detections()
    for low, high in zip(measured["digits found, level 4"], measured["digits found, level 8"], strict=True):
        assert min(low, high) > 0.75
        assert abs(low - high) < 0.06
    assert min(measured["digits found by one level only"]) > 0.05


def test_the_boxes_of_the_high_level_are_too_small() -> None:
    measured = detections()
    assert max(measured["area of a box by the true area, level 8"]) < 0.88
    assert min(measured["area of a box by the true area, level 4"]) > 0.95


def test_the_detector_is_neither_perfect_nor_hopeless() -> None:
    assert 0.7 < min(detections()["AP with all points"]) <= max(detections()["AP with all points"]) < 0.95


def test_101_points_change_little() -> None:
    assert max(abs(value) for value in detections()["AP at 101 points minus AP with all points"]) < 0.01


def test_doubles_cost_precision_and_nms_brings_it_back() -> None:
    measured = detections()
    for seed in SEEDS:
        assert measured["AP at 0.5, both, NMS"][seed] > measured["AP at 0.5, both"][seed] + 0.2
        assert measured["recall, both, wrong rule"][seed] > 1.2
        assert measured["recall, both"][seed] <= 1


# ------------------------------------------------------------------------------------------------- masks


def dice(a: Tensor, b: Tensor) -> float:
    """Return Dice of two masks."""
    return (2 * (a & b).sum() / (a.sum() + b.sum())).item()


def pixel_features(pixels: Tensor) -> Tensor:
    """Return the features of the first two blocks for every pixel."""
    network = backbone()
    with torch.no_grad():
        images = (interpolate(pixels[:, None] / 16, scale_factor=4, mode="bilinear") - 0.45) / 0.225
        maps = [network.layer1(network.relu(network.bn1(network.conv1(images.repeat(1, 3, 1, 1)))))]
        maps.append(network.layer2(maps[0]))
        return torch.cat([interpolate(m, size=pixels.shape[1:], mode="bilinear") for m in maps], dim=1)


@cache
def masks() -> dict[str, list[float]]:
    """Return pixel accuracy, IoU and Dice of the lesson's masks, one value a seed, and what plain levels reach."""
    result: dict[str, list[float]] = {}
    for seed in list(SEEDS)[:3]:
        learn = scenes(Digits("train", seed=seed), 20, count=3, size=64, noise=3.0, seed=seed)
        check = scenes(Digits("test", seed=seed), 20, count=3, size=64, noise=3.0, seed=100 + seed)
        pixels, truth = check.pixels, check.masks
        torch.manual_seed(0)
        head = nn.Conv2d(48, 1, kernel_size=1)
        optimizer = torch.optim.AdamW(head.parameters(), lr=3e-2)
        x = pixel_features(learn.pixels)
        for _ in range(60):
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(head(x)[:, 0], learn.masks.float()).backward()
            optimizer.step()
        found = {
            "blank": torch.zeros_like(truth),
            "level 4": pixels > 4,
            "level 8": pixels > 8,
            "pixel head": head(pixel_features(pixels)).detach()[:, 0] > 0,
        }
        for name, mask in found.items():
            result.setdefault(f"pixel accuracy, {name}", []).append((mask == truth).float().mean().item())
            result.setdefault(f"IoU, {name}", []).append(iou(mask, truth))
            result.setdefault(f"Dice, {name}", []).append(dice(mask, truth))
            result.setdefault(f"marked ink, {name}", []).append(mask[truth].double().mean().item())
            result.setdefault(f"marked ground, {name}", []).append(mask[~truth].double().mean().item())
        best = max(iou(pixels > level / 2, truth) for level in range(32))
        result.setdefault("IoU, best of all levels", []).append(best)
    return result


def test_a_blank_mask_beats_a_mask_that_finds_ink_in_pixel_accuracy() -> None:
    measured = masks()
    for blank, level, overlap in zip(
        measured["pixel accuracy, blank"],
        measured["pixel accuracy, level 4"],
        measured["IoU, level 4"],
        strict=True,
    ):
        assert blank > 0.97 > level
        assert overlap > 0.1
    assert max(measured["IoU, blank"]) == 0


def test_the_pixel_head_gains_little_accuracy_and_much_iou() -> None:
    measured = masks()
    for blank, head in zip(
        measured["pixel accuracy, blank"], measured["pixel accuracy, pixel head"], strict=True
    ):
        assert head - blank > 0.01
        assert head - blank > 0.5 * (1 - blank)
        assert 1 - blank < 0.03
    assert min(measured["IoU, pixel head"]) > 0.6


def test_the_pixel_head_beats_every_plain_level_in_iou() -> None:
    measured = masks()
    for head, high, best in zip(
        *(measured[f"IoU, {name}"] for name in ("pixel head", "level 8", "best of all levels")), strict=True
    ):
        assert head > best + 0.1
        assert best - high < 0.03


def test_the_high_level_cuts_off_noise_and_rims() -> None:
    measured = masks()
    for low, high in zip(measured["marked ground, level 4"], measured["marked ground, level 8"], strict=True):
        assert high < 0.1 * low
    for low, high in zip(measured["marked ink, level 4"], measured["marked ink, level 8"], strict=True):
        assert high < low - 0.1


def test_dice_is_a_function_of_iou_and_never_below_it() -> None:
    measured = masks()
    for name in ("blank", "level 4", "level 8", "pixel head"):
        for overlap, value in zip(measured[f"IoU, {name}"], measured[f"Dice, {name}"], strict=True):
            assert value == pytest.approx(2 * overlap / (1 + overlap), abs=1e-5)
            assert value >= overlap


def measure() -> dict[str, list[float]]:
    """Return every effect that the lesson measures, with its unit: one value a seed. All are shares of 1."""
    effects = {**regressions(), **detections(), **masks()}
    return {f"{name}, of 1": values for name, values in effects.items()}


def test_the_table_shows_the_effects() -> None:
    assert_shown(measure())

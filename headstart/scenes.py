"""Quantities that can be read off a digit, and canvases with several digits. Lesson 10 and its tests use them.

Everything is made of `Digits`, whose images are counts of ink from 0 to 16, so the right answer is always known:
slant and ink of a digit, box and mask of each digit on a canvas.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from headstart.data import Digits
from headstart.names import Refusal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIGIT = 8  # pixels that a digit is wide and high


class Scenes(NamedTuple):
    """Canvases with digits, and where the digits are.

    Attributes:
        pixels: noisy ink, float32 of shape (N, size, size), 0 to 16.
        boxes: for each canvas the digits' boxes `x1, y1, x2, y2`, float32 of shape (count, 4); a box is the
            smallest one around the ink.
        labels: for each canvas the digits, int64 of shape (count,).
        masks: where there is ink of a digit, bool of shape (N, size, size).
    """

    pixels: Tensor
    boxes: list[Tensor]
    labels: list[Tensor]
    masks: Tensor


def scenes(digits: Digits, n: int, *, count: int, size: int, noise: float, seed: int = 0) -> Scenes:
    """Draw `n` canvases with `count` digits each, in random places that do not overlap, under noise.

    Args:
        digits: where the digits come from; each is drawn anew for every place.
        n: number of canvases.
        count: digits a canvas.
        size: width and height of a canvas in pixels.
        noise: standard deviation of the noise that is added to each pixel, before it is cut to 0 … 16.
        seed: decides digits, places and noise.

    Raises:
        ValueError: the digits cover more than a third of a canvas, so that places may run out.
    """
    if 3 * count * DIGIT**2 > size**2:
        raise Refusal(f"{count} digits are too many for a canvas of {size} x {size}; make it larger")
    random = torch.Generator().manual_seed(seed)
    clean, boxes, labels = torch.zeros(n, size, size), [], []
    for canvas in clean:
        places = free_places(count, size, random)
        drawn = torch.randint(len(digits), (count,), generator=random)
        for (x, y), i in zip(places, drawn, strict=True):
            canvas[y : y + DIGIT, x : x + DIGIT] = digits.data[i]
        boxes.append(torch.stack([ink_box(digits.data[i], *p) for p, i in zip(places, drawn, strict=True)]))
        labels.append(digits.targets[drawn])
    noisy = clean + noise * torch.randn(clean.shape, generator=random)
    return Scenes(noisy.clamp(0, 16), boxes, labels, clean > 0)


def free_places(count: int, size: int, random: torch.Generator) -> list[tuple[int, int]]:
    """Return the upper left corners `x, y` of digits that do not overlap."""
    places: list[tuple[int, int]] = []
    while len(places) < count:
        x, y = torch.randint(size - DIGIT + 1, (2,), generator=random).tolist()
        if all(abs(x - a) >= DIGIT or abs(y - b) >= DIGIT for a, b in places):
            places.append((x, y))
    return places


def ink_box(counts: Tensor, x: int = 0, y: int = 0) -> Tensor:
    """Return the smallest box `x1, y1, x2, y2` around the ink of a digit whose corner is at `x`, `y`."""
    rows, columns = (counts > 0).any(1).nonzero(), (counts > 0).any(0).nonzero()
    edges = [x + columns.min(), y + rows.min(), x + columns.max() + 1, y + rows.max() + 1]
    return torch.tensor([float(edge) for edge in edges])


def ink(counts: Tensor) -> Tensor:
    """Return how many pixels the ink of digits (N, 8, 8) would fill: (N,)."""
    return counts.sum((1, 2)) / 16


def slant(counts: Tensor) -> Tensor:
    """Return how far digits (N, 8, 8) lean to the right, in degrees: (N,).

    It is the angle to the vertical of the line along which the rows of ink shift: with x and y seen from the
    centre of the ink, the tangent is mean(x y) / mean(y y).
    """
    weights = counts.double()
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    total = weights.sum((1, 2))
    right = x - ((weights * x).sum((1, 2)) / total)[:, None, None]
    up = ((weights * y).sum((1, 2)) / total)[:, None, None] - y
    tangent = (weights * right * up).sum((1, 2)) / (weights * up**2).sum((1, 2))
    return torch.rad2deg(torch.atan(tangent)).float()


def draw_boxes(axes: Axes, boxes: Iterable[Sequence[float]] | Tensor, color: str) -> None:
    """Draw the frames of boxes `x1, y1, x2, y2` into a plot."""
    from matplotlib.patches import Rectangle

    for x1, y1, x2, y2 in boxes:
        corner, width, height = (float(x1), float(y1)), float(x2 - x1), float(y2 - y1)
        axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=color, linewidth=2))

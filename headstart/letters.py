"""The source task of the offline backbones: letters drawn with the fonts that matplotlib ships.

`headstart.pretraining` and the benchmarks call `letters`. Each letter is drawn large, distorted at random and
reduced to 8x8 counts in the way the target digits were made (`headstart.data`), so that both tasks share one
preprocessing. No digit is ever drawn.

The counts are those of the "Optical Recognition of Handwritten Digits" data (UCI, E. Alpaydin and C. Kaynak,
1998): a size-normalised 32x32 bitmap is cut into 4x4 blocks, and the pixels that are on are counted in each.
"""

from __future__ import annotations

import string
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool2d, conv2d, grid_sample, interpolate

from headstart.names import Missing, Refusal

FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmti10", "cmtt10", "cmmi10"),
)

# Matplotlib ships this font since 3.11. Where it is older, as on Colab, the italic letters of formulas stand in, which
# are of the same family: one letter in 22 looks slightly different then, and all other letters are the same.
STANDS_IN = {"cmti10": "cmmi10"}

CHARACTERS = string.ascii_uppercase + string.ascii_lowercase
# These letters have one shape in both cases once the size is normalised, so each pair is one class.
SAME_IN_BOTH_CASES = "copsuvwxz"
CLASSES = (*string.ascii_uppercase, *(c for c in string.ascii_lowercase if c not in SAME_IN_BOTH_CASES))

# Classes that a reader could take for a digit: 0, 1, 2, 5, 6, 7, 8 or 9.
LOOKALIKES = ("O", "D", "Q", "I", "i", "l", "Z", "S", "G", "b", "T", "B", "g", "q")

# Sizes in pixels: the canvas that a glyph is drawn on, the glyph's box, the bitmap, a block of it.
CANVAS = 64
GLYPH = 40
BITMAP = 32
BLOCK = 4

# How far the random distortions go. A cut below one half keeps thin strokes whole after blurring: with these
# values about 1 letter of 100 falls apart; with cuts up to 0.6 it would be 9.
BLUR = (0.3, 2.5)
CUT = (0.15, 0.4)
MAX_ROTATION = 12.0
MAX_SHEAR = 0.25
MAX_LOG_ASPECT = 0.25
ELASTIC_GRID = 4
ELASTIC = 0.09
MAX_SPECKLE = 0.02


def letters(n: int, seed: int, exclude_lookalikes: bool = False) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Draw `n` distorted letters.

    Args:
        n: how many letters.
        seed: the same seed gives the same letters.
        exclude_lookalikes: leave out the classes in `LOOKALIKES`, whose shapes resemble digits.

    Returns:
        Counts from 0 to 16 as uint8 of shape (n, 8, 8), labels as int64 of shape (n,), and the class names. A
        class is named by its capital where both cases share one shape.

    Raises:
        ValueError: `n` is below 1.
        FileNotFoundError: matplotlib's font folder lacks one of `FONTS`.
    """
    if n < 1:
        raise Refusal(f"n is {n}; ask for at least 1 letter")
    classes = tuple(c for c in CLASSES if not (exclude_lookalikes and c in LOOKALIKES))
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(len(classes), (n,), generator=random)
    fonts = torch.randint(len(FONTS), (n,), generator=random)
    cases = torch.randint(2, (n,), generator=random)
    originals = glyph_images()[fonts, characters_of(classes)[labels, cases]]
    counts = torch.cat([to_counts(distort(batch, random), random) for batch in originals.split(1000)])
    return counts, labels, classes


def characters_of(classes: tuple[str, ...]) -> Tensor:
    """Return where each class's two cases are in `CHARACTERS`: (len(classes), 2). Often both are the same."""
    other = [c.lower() if c.lower() in SAME_IN_BOTH_CASES else c for c in classes]
    return torch.tensor([[CHARACTERS.index(c) for c in pair] for pair in zip(classes, other, strict=True)])


@cache
def glyph_images() -> Tensor:
    """Draw every letter in every font once: (22 fonts, 52 characters, 64, 64), ink 1 on ground 0."""
    glyphs = [torch.stack([draw_glyph(c, font_path(name)) for c in CHARACTERS]) for name in FONTS]
    return torch.stack(glyphs)


def font_path(name: str) -> Path:
    """Return the file of a font inside matplotlib's own font folder, or of the one that stands in for it.

    Raises:
        FileNotFoundError: matplotlib has neither.
    """
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    path = folder / f"{name}.ttf"
    if not path.is_file() and name in STANDS_IN:
        path = folder / f"{STANDS_IN[name]}.ttf"
    if not path.is_file():
        raise Missing(
            f"the font {name} is not at {path}; install matplotlib again from its standard package, "
            "which brings the fonts along"
        )
    return path


def draw_glyph(character: str, path: Path) -> Tensor:
    """Draw one character on the middle of a 64x64 canvas, ink 1 on ground 0.

    The longer side of its box, which is the ink and the small margins that the font leaves around it, is 40 pixels.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(path), 2 * CANVAS)
    left, top, right, bottom = font.getbbox(character)
    width, height = int(right - left), int(bottom - top)
    drawn = Image.new("L", (width, height))
    ImageDraw.Draw(drawn).text((-left, -top), character, fill=255, font=font)
    scale = GLYPH / max(width, height)
    small = drawn.resize((max(1, round(scale * width)), max(1, round(scale * height))), Image.Resampling.BOX)
    canvas = Image.new("L", (CANVAS, CANVAS))
    canvas.paste(small, ((CANVAS - small.width) // 2, (CANVAS - small.height) // 2))
    return torch.from_numpy(np.array(canvas)).float() / 255


def uniform(low: float, high: float, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    """Return random numbers between `low` and `high`."""
    return low + (high - low) * torch.rand(shape, generator=random)


def distort(images: Tensor, random: torch.Generator) -> Tensor:
    """Blur, warp and cut each image (B, 64, 64) at random, then size-normalise it to a bitmap (B, 32, 32).

    Blur and cut together set the thickness of the strokes. Bitmaps hold 0 and 1.
    """
    n = len(images)
    soft = blur(images, uniform(*BLUR, (n,), random))
    cut = uniform(*CUT, (n, 1, 1), random) * soft.amax((1, 2), keepdim=True)
    warped = grid_sample(soft[:, None], random_warp(n, random), align_corners=False)
    cropped = grid_sample(warped, crop_to_ink(warped[:, 0] > cut), align_corners=False)
    return (cropped[:, 0] > cut).float()


def blur(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image (B, H, W) with a Gaussian of its own width `sigma` (B,), given in pixels."""
    radius = round(3 * BLUR[1])
    offsets = torch.arange(-radius, radius + 1)
    kernels = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    kernels = kernels / kernels.sum(1, keepdim=True)
    # Each image is a channel with its own kernel: one grouped convolution along the rows, one along columns.
    rows = conv2d(images[None], kernels[:, None, None, :], padding=(0, radius), groups=len(images))
    return conv2d(rows, kernels[:, None, :, None], padding=(radius, 0), groups=len(images))[0]


def random_warp(n: int, random: torch.Generator) -> Tensor:
    """Return sampling grids (n, 64, 64, 2): rotation, shear, a change of aspect, and an elastic wave."""
    angle = torch.deg2rad(uniform(-MAX_ROTATION, MAX_ROTATION, (n,), random))
    shear = uniform(-MAX_SHEAR, MAX_SHEAR, (n,), random)
    aspect = torch.exp(uniform(-MAX_LOG_ASPECT, MAX_LOG_ASPECT, (n,), random) / 2)
    cos, sin, zero = torch.cos(angle), torch.sin(angle), torch.zeros(n)
    rotation = torch.stack([cos, -sin, sin, cos], 1).reshape(n, 2, 2)
    slant = torch.stack([torch.ones(n), shear, zero, torch.ones(n)], 1).reshape(n, 2, 2)
    stretch = torch.stack([aspect, zero, zero, 1 / aspect], 1).reshape(n, 2, 2)
    matrix = torch.cat([rotation @ slant @ stretch, torch.zeros(n, 2, 1)], 2)
    grid = affine_grid(matrix, [n, 1, CANVAS, CANVAS], align_corners=False)
    coarse = ELASTIC * torch.randn((n, 2, ELASTIC_GRID, ELASTIC_GRID), generator=random)
    wave = interpolate(coarse, size=(CANVAS, CANVAS), mode="bicubic", align_corners=True)
    return grid + wave.permute(0, 2, 3, 1)


def crop_to_ink(ink: Tensor) -> Tensor:
    """Return grids (B, 32, 32, 2) that sample the square around the ink of each mask (B, 64, 64)."""
    first_row, last_row = ink_range(ink.any(2))
    first_column, last_column = ink_range(ink.any(1))
    side = torch.maximum(last_row - first_row, last_column - first_column)
    # From pixel edges 0…64 to the coordinates -1…1 of grid_sample.
    zoom = side / CANVAS
    shift_x = (first_column + last_column) / CANVAS - 1
    shift_y = (first_row + last_row) / CANVAS - 1
    zero = torch.zeros_like(zoom)
    matrix = torch.stack([zoom, zero, shift_x, zero, zoom, shift_y], 1).reshape(-1, 2, 3)
    return affine_grid(matrix, [len(ink), 1, BITMAP, BITMAP], align_corners=False)


def ink_range(filled: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the True entries of each row (B, 64) begin and end, as pixel edges."""
    first = filled.int().argmax(1)
    last = filled.shape[1] - filled.flip(1).int().argmax(1)
    return first.float(), last.float()


def to_counts(bitmaps: Tensor, random: torch.Generator) -> Tensor:
    """Flip up to 2 % of each bitmap's pixels (B, 32, 32), then count the ink in each 4x4 block: (B, 8, 8)."""
    share = uniform(0.0, MAX_SPECKLE, (len(bitmaps), 1, 1), random)
    flipped = torch.rand(bitmaps.shape, generator=random) < share
    speckled = torch.where(flipped, 1 - bitmaps, bitmaps)
    return (avg_pool2d(speckled, BLOCK) * BLOCK**2).round().to(torch.uint8)

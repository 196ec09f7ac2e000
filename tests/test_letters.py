"""The letters that the backbones are pre-trained on: what is drawn, and that it stays legible."""

from __future__ import annotations

import shutil
import string
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
import torch

from headstart import letters as module
from headstart.letters import CLASSES, LOOKALIKES, distort, font_path, glyph_images, letters


@pytest.fixture(scope="module")
def drawn() -> tuple[torch.Tensor, torch.Tensor, tuple[str, ...]]:
    return letters(2_500, seed=7)


@pytest.fixture
def fresh_glyphs() -> Iterator[None]:
    glyph_images.cache_clear()
    yield
    glyph_images.cache_clear()


def test_shapes_types_and_ranges(drawn):
    counts, labels, classes = drawn
    assert counts.shape == (2_500, 8, 8) and counts.dtype == torch.uint8
    assert labels.shape == (2_500,) and labels.dtype == torch.int64
    assert counts.max() == 16
    assert set(labels.tolist()) == set(range(len(classes)))


def test_there_are_43_classes_and_no_digit(drawn):
    classes = drawn[2]
    assert classes == CLASSES and len(set(classes)) == 43
    assert set(classes) <= set(string.ascii_letters)
    merged = {c for c in string.ascii_uppercase if c.lower() not in classes}
    assert merged == set("COPSUVWXZ")


def test_every_letter_fills_the_height_or_the_width(drawn):
    ink = drawn[0] > 0
    height, width = ink.any(2).sum(1), ink.any(1).sum(1)
    longer = torch.maximum(height, width)
    # The thin dot of an i can fade away when its size is normalised.
    assert longer.min() >= 7 and (longer == 8).float().mean() > 0.99


def test_the_same_seed_gives_the_same_letters_and_another_seed_others():
    first, labels, _ = letters(50, seed=3)
    again, labels_again, _ = letters(50, seed=3)
    other, *_ = letters(50, seed=4)
    assert torch.equal(first, again) and torch.equal(labels, labels_again)
    assert not torch.equal(first, other)


def test_drawing_leaves_the_global_random_numbers_alone():
    state = torch.random.get_rng_state()
    letters(5, seed=0)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_one_letter_is_drawn_in_many_ways(drawn):
    counts, labels, _ = drawn
    for label in range(43):
        same = counts[labels == label].flatten(1)
        assert len(same.unique(dim=0)) == len(same)


def test_lookalikes_can_be_left_out():
    _, labels, classes = letters(200, seed=0, exclude_lookalikes=True)
    assert set(LOOKALIKES) <= set(CLASSES)
    assert set(classes) == set(CLASSES) - set(LOOKALIKES)
    assert labels.max() < len(classes)


def test_letters_stay_in_one_piece_when_they_are_distorted():
    from scipy.ndimage import label

    connected = [CLASSES.index(c) for c in "ACEHKLMNVWXZ"]
    characters = torch.tensor([module.CHARACTERS.index(CLASSES[i]) for i in connected])
    originals = glyph_images()[:, characters].flatten(0, 1)
    bitmaps = distort(originals, torch.Generator().manual_seed(0))
    pieces = [label(bitmap, structure=torch.ones(3, 3).numpy())[1] for bitmap in bitmaps.numpy()]
    assert sum(count > 1 for count in pieces) <= 0.05 * len(pieces)


def test_a_glyph_fits_its_canvas_with_room_to_be_warped():
    glyphs = glyph_images()
    assert glyphs.shape == (22, 52, 64, 64)
    ink = glyphs > 0
    above, below = ink.any(3).int().argmax(2), ink.any(3).flip(2).int().argmax(2)
    left, right = ink.any(2).int().argmax(2), ink.any(2).flip(2).int().argmax(2)
    longer = torch.maximum(64 - above - below, 64 - left - right)
    assert longer.min() >= 30 and longer.max() == 40
    assert min(side.min() for side in (above, below, left, right)) >= 12


def test_letters_need_no_font_that_came_late(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Matplotlib before 3.11 has no cmti10; its formulas' italic stands in."""
    older = tmp_path / "fonts" / "ttf"
    shutil.copytree(font_path("cmmi10").parent, older, ignore=shutil.ignore_patterns("cmti10.ttf"))
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    assert font_path("cmti10") == older / "cmmi10.ttf"
    assert font_path("cmr10") == older / "cmr10.ttf"


def test_a_missing_font_is_named(monkeypatch: pytest.MonkeyPatch, fresh_glyphs: None):
    with pytest.raises(FileNotFoundError, match=r"the font NoSuchFont is not at .*NoSuchFont\.ttf; install"):
        font_path("NoSuchFont")
    monkeypatch.setattr(module, "FONTS", ("NoSuchFont",))
    with pytest.raises(FileNotFoundError, match="NoSuchFont"):
        letters(1, seed=0)


def test_no_letters_are_not_possible():
    with pytest.raises(ValueError, match="n is 0; ask for at least 1 letter"):
        letters(0, seed=0)

"""Canvases with digits: the boxes and masks are where the ink is."""

from __future__ import annotations

import pytest
import torch
from torchvision.ops import box_iou, masks_to_boxes

from headstart.data import Digits
from headstart.scenes import ink, ink_box, scenes, slant


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_boxes_labels_and_masks_fit_the_ink(seed):
    digits = Digits("val", seed=seed)
    drawn = scenes(digits, 6, count=4, size=40, noise=0.0, seed=seed)
    assert drawn.pixels.shape == drawn.masks.shape == (6, 40, 40)
    for pixels, boxes, labels, mask in zip(*drawn, strict=True):
        assert boxes.shape == (4, 4) and labels.shape == (4,)
        assert torch.equal(mask, pixels > 0)
        assert torch.equal(box_iou(boxes, boxes), torch.eye(4))
        covered = torch.zeros(40, 40, dtype=torch.bool)
        for x1, y1, x2, y2 in boxes.int().tolist():
            inside = mask[y1:y2, x1:x2]
            assert inside.any(0)[[0, -1]].all() and inside.any(1)[[0, -1]].all()
            covered[y1:y2, x1:x2] = True
        assert not (mask & ~covered).any()


def test_the_same_seed_draws_the_same_and_noise_stays_in_range():
    digits = Digits("val")
    first, again, other = (scenes(digits, 2, count=3, size=32, noise=3.0, seed=s) for s in (5, 5, 6))
    assert torch.equal(first.pixels, again.pixels) and not torch.equal(first.pixels, other.pixels)
    assert first.pixels.min() == 0 and first.pixels.max() <= 16


def test_a_crowd_is_refused():
    with pytest.raises(ValueError, match="6 digits are too many for a canvas of 32 x 32"):
        scenes(Digits("val"), 1, count=6, size=32, noise=0.0)


def test_ink_box_agrees_with_torchvision():
    for counts in Digits("val").data[:20]:
        expected = masks_to_boxes(counts[None] > 0)[0] + torch.tensor([0, 0, 1, 1])
        assert torch.equal(ink_box(counts), expected)


def test_slant_of_lines_and_amount_of_ink():
    upright, right = torch.zeros(2, 8, 8)
    upright[:, 3] = 16
    right[torch.arange(8), torch.arange(7, -1, -1)] = 16
    assert slant(torch.stack([upright, right, right.flip(1)])).tolist() == pytest.approx(
        [0, 45, -45], abs=1e-4
    )
    assert ink(torch.stack([upright, right])).tolist() == [8, 8]

# Multiplies by a mask of overlap only after the division, so that infinity times 0 is NaN.
# caught_by: apart
# says: That is 0 / 0
import torch


def box_iou(a, b):
    a, b = a.double(), b.double()
    sides = torch.minimum(a[:, None, 2:], b[None, :, 2:]) - torch.maximum(a[:, None, :2], b[None, :, :2])
    shared = sides.prod(2)
    area_a = (a[:, 2:] - a[:, :2]).clamp(min=0).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).clamp(min=0).prod(1)
    union = area_a[:, None] + area_b[None, :] - shared
    return (shared / union) * (sides > 0).all(2)

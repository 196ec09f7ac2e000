# Counts pixels, as the old PASCAL code does: every side one longer.
# caught_by: every_pair, apart, inside
# says: You added 1 to each side
import torch


def box_iou(a, b):
    a, b = a.double(), b.double()
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (end - start + 1).clamp(min=0).prod(2)
    area_a = (a[:, 2:] - a[:, :2] + 1).prod(1)
    area_b = (b[:, 2:] - b[:, :2] + 1).prod(1)
    union = area_a[:, None] + area_b[None, :] - shared
    return shared / union

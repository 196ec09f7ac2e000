# Reads the boxes as x, y, width, height.
# caught_by: every_pair
# says: they are corners
import torch


def box_iou(a, b):
    a, b = a.double(), b.double()
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    shared = (end - start).clamp(min=0).prod(2)
    union = (a[:, 2] * a[:, 3])[:, None] + (b[:, 2] * b[:, 3])[None] - shared
    return torch.where(shared > 0, shared / union, 0.0)

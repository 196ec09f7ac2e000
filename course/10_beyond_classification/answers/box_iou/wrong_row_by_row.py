# Compares box i of a with box i of b only.
# outcome: wrong
# caught_by: every_pair
# says: Each box of `a` meets each box of `b`
import torch


def box_iou(a, b):
    n = min(len(a), len(b))
    a, b = a[:n].double(), b[:n].double()
    sides = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    shared = sides.prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared
    return torch.where(shared > 0, shared / union, 0.0)

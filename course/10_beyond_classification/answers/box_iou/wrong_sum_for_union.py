# Adds both areas up and counts the shared part twice.
# caught_by: every_pair, inside
# says: the union counts the shared part once
import torch


def box_iou(a, b):
    a, b = a.double(), b.double()
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (end - start).clamp(min=0).prod(2)
    area_a = (a[:, 2:] - a[:, :2]).clamp(min=0).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).clamp(min=0).prod(1)
    union = area_a[:, None] + area_b[None, :]
    return torch.where(shared > 0, shared / union, 0.0)

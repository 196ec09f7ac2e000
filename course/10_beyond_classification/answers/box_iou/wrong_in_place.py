# Turns the corners of the caller's boxes into sizes.
# caught_by: any_boxes
# says: changed its input
import torch


def box_iou(a, b):
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (end - start).clamp(min=0).prod(2).double()
    a[:, 2:] -= a[:, :2]
    b[:, 2:] -= b[:, :2]
    union = a[:, 2:].clamp(min=0).prod(1)[:, None] + b[:, 2:].clamp(min=0).prod(1)[None] - shared
    return torch.where(shared > 0, shared / union, 0.0)

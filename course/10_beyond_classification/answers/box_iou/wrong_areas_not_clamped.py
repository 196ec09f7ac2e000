# Takes the area of a box that ends before it starts as it comes.
# caught_by: without_area
# says: has no area
import torch


def box_iou(a, b):
    a, b = a.double(), b.double()
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (end - start).prod(2) * (
        (end > start).all(2)
        | (
            (end < start).all(2)
            & ((a[:, None, 2:] < a[:, None, :2]).all(2) | (b[None, :, 2:] < b[None, :, :2]).all(2))
        )
    )
    area_a = (a[:, 2:] - a[:, :2]).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).prod(1)
    union = area_a[:, None] + area_b[None, :] - shared
    return torch.where(union != 0, shared / union, 0.0)

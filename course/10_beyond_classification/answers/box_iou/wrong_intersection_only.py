# Forgets to divide.
# caught_by: every_pair, inside
# says: divide it by the union
import torch


def box_iou(a, b):
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    return (end - start).clamp(min=0).prod(2)

# Sets the boxes right, lets torchvision do the work, and removes the NaN.
import torch
import torchvision


def box_iou(a, b):
    def tidy(boxes):
        return torch.cat([boxes[:, :2], torch.maximum(boxes[:, :2], boxes[:, 2:])], dim=1).float()

    return torch.nan_to_num(torchvision.ops.box_iou(tidy(a), tidy(b)), nan=0.0)

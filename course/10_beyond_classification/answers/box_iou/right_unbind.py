# One variable for each edge, with unsqueeze.
import torch


def box_iou(a, b):
    ax1, ay1, ax2, ay2 = a.float().unsqueeze(1).unbind(-1)
    bx1, by1, bx2, by2 = b.float().unsqueeze(0).unbind(-1)
    w = (torch.min(ax2, bx2) - torch.max(ax1, bx1)).relu()
    h = (torch.min(ay2, by2) - torch.max(ay1, by1)).relu()
    union = (ax2 - ax1).relu() * (ay2 - ay1).relu() + (bx2 - bx1).relu() * (by2 - by1).relu() - w * h
    iou = w * h / union
    return torch.where(union > 0, iou, torch.zeros_like(iou))

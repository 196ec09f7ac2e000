# Two loops and plain arithmetic.
import torch


def box_iou(a, b):
    result = torch.zeros(len(a), len(b))
    for i, (ax1, ay1, ax2, ay2) in enumerate(a.tolist()):
        for j, (bx1, by1, bx2, by2) in enumerate(b.tolist()):
            if ax2 <= ax1 or ay2 <= ay1 or bx2 <= bx1 or by2 <= by1:
                continue
            w = min(ax2, bx2) - max(ax1, bx1)
            h = min(ay2, by2) - max(ay1, by1)
            if w > 0 and h > 0:
                union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - w * h
                result[i, j] = w * h / union
    return result

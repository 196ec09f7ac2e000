# NumPy with broadcasting, a small number in the divisor.
import numpy as np
import torch


def box_iou(a, b):
    a, b = a.numpy().astype(float), b.numpy().astype(float)
    left, top = (np.maximum(a[:, None, k], b[None, :, k]) for k in (0, 1))
    right, bottom = (np.minimum(a[:, None, k], b[None, :, k]) for k in (2, 3))
    shared = np.clip(right - left, 0, None) * np.clip(bottom - top, 0, None)
    area = [np.clip(x[:, 2] - x[:, 0], 0, None) * np.clip(x[:, 3] - x[:, 1], 0, None) for x in (a, b)]
    return torch.from_numpy(shared / np.maximum(area[0][:, None] + area[1] - shared, 1e-12))

# All three fractions at once in float32; nan from 0 / 0 becomes 0. Returns a tensor of three numbers.
import torch


def precision_recall_f1(tp, fp, fn):
    if min(tp, fp, fn) < 0:
        raise ValueError("a count is negative")
    above = torch.tensor([tp, tp, 2 * tp], dtype=torch.float32)
    below = torch.tensor([tp + fp, tp + fn, 2 * tp + fp + fn], dtype=torch.float32)
    return torch.nan_to_num(above / below)

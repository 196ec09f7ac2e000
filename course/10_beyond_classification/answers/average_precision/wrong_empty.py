# Breaks when there is no detection.
# outcome: error
# caught_by: extremes
# says: your code raised IndexError
import torch


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no objects")
    is_match = torch.as_tensor(is_match).double()[torch.as_tensor(scores).argsort(descending=True)]
    precision = is_match.cumsum(0) / torch.arange(1, len(is_match) + 1)
    best, area = precision[-1], 0.0
    for match, value in zip(is_match.flip(0), precision.flip(0)):
        best = max(best, value)
        area += match * best / n_truth
    return float(area)

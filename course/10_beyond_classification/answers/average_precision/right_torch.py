# Tensors: cummax of the reversed precision, differences of the recall.
import torch


def average_precision(scores, is_match, n_truth):
    if n_truth < 1:
        raise ValueError("no objects")
    scores, is_match = torch.as_tensor(scores).double(), torch.as_tensor(is_match).double()
    if len(scores) == 0:
        return 0.0
    hits = is_match[scores.argsort(descending=True)].cumsum(0)
    precision = hits / torch.arange(1, len(hits) + 1)
    filled = precision.flip(0).cummax(0).values.flip(0)
    recall = torch.cat([torch.zeros(1), hits / n_truth])
    return (recall.diff() * filled).sum()

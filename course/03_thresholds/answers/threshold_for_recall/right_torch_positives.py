# Sorts the scores of the positives and returns a tensor of one element.
import torch


def threshold_for_recall(scores, y_true, target):
    scores, y_true = torch.as_tensor(scores), torch.as_tensor(y_true)
    if len(scores) != len(y_true):
        raise ValueError("lengths differ")
    positives = scores[y_true == 1].sort(descending=True).values
    if len(positives) == 0 or not 0 < target <= 1:
        raise ValueError("no positives, or an impossible target")
    recall = torch.arange(1, len(positives) + 1) / len(positives)
    return positives[(recall >= target).nonzero()[0]]

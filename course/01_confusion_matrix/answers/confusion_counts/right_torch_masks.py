# Turns both inputs into boolean tensors; returns a list of tensors of one element each.
import torch


def confusion_counts(y_true, y_pred, positive=1):
    if len(y_true) != len(y_pred):
        raise ValueError(
            "y_true and y_pred must have the same length, got %d and %d" % (len(y_true), len(y_pred))
        )
    true = torch.tensor([bool(label == positive) for label in y_true])
    pred = torch.tensor([bool(label == positive) for label in y_pred])
    return [(true & pred).sum(), (~true & pred).sum(), (true & ~pred).sum(), (~true & ~pred).sum()]

# PyTorch in single precision; the result is a tensor of one element.
import torch


def speedup(scratch, pretrained, target):
    times = torch.full((2,), float("inf"))
    for row, history in enumerate((scratch, pretrained)):
        for record in reversed(history):
            if record["val_accuracy"] >= target:
                times[row] = record["seconds"]
    return times[0] / times[1]

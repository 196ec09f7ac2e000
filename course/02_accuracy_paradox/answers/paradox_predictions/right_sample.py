# Plain Python: random.sample chooses places, booleans come back.
import random

import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    for value in (accuracy, recall):
        if value < 0 or value > 1:
            raise ValueError(f"{value} is no fraction")
    labels = [bool(label) for label in y_true]
    positives = [i for i, label in enumerate(labels) if label]
    negatives = [i for i, label in enumerate(labels) if not label]
    if not positives:
        raise ValueError("no positive label")
    tp = round(recall * len(positives))
    fp = len(labels) - round(accuracy * len(labels)) - (len(positives) - tp)
    chance = random.Random(seed)
    # random.sample raises a ValueError itself if there are too few, or fewer than none are asked for
    alarms = set(chance.sample(positives, tp)) | set(chance.sample(negatives, fp))
    return torch.tensor([i in alarms for i in range(len(labels))])

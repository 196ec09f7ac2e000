# Adds groups in random order until the wish is reached, and overshoots.
# caught_by: nearest_fraction
# says: the wish is
import random

import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    names = sorted(set(labels))
    if len(names) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    random.Random(seed).shuffle(names)
    test = []
    for name in names[:-1]:
        if len(test) >= test_fraction * len(labels):
            break
        test += [i for i, label in enumerate(labels) if label == name]
    train = [i for i in range(len(labels)) if i not in test]
    return torch.tensor(train), torch.tensor(test)

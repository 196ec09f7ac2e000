# Returns whatever comes out of an impossible input.
# caught_by: impossible_input
# says: there is one group only
import random
from collections import Counter
from itertools import combinations

import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    sizes = Counter(labels)
    if len(sizes) < 2:
        return torch.arange(len(labels)), torch.arange(0)
    names = sorted(sizes)
    choices = [c for k in range(1, len(names)) for c in combinations(names, k)]
    off = [abs(sum(sizes[n] for n in c) - test_fraction * len(labels)) for c in choices]
    best = [c for c, o in zip(choices, off) if o <= min(off) + 1e-9]
    chosen = random.Random(seed).choice(best)
    test = [i for i, label in enumerate(labels) if label in chosen]
    train = [i for i, label in enumerate(labels) if label not in chosen]
    return torch.tensor(train), torch.tensor(test)

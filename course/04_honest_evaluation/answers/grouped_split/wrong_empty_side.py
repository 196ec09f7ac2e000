# Allows the choice of no group, which is nearest to a small fraction.
# caught_by: neither_side_is_empty
# says: is empty; each side holds at least one group
import random
from collections import Counter
from itertools import combinations

import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    sizes = Counter(labels)
    if len(sizes) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    names = sorted(sizes)
    choices = [c for k in range(len(names) + 1) for c in combinations(names, k)]
    off = [abs(sum(sizes[n] for n in c) - test_fraction * len(labels)) for c in choices]
    best = [c for c, o in zip(choices, off) if o <= min(off) + 1e-9]
    chosen = random.Random(seed).choice(best)
    test = [i for i, label in enumerate(labels) if label in chosen]
    train = [i for i, label in enumerate(labels) if label not in chosen]
    return torch.tensor(train, dtype=torch.int64), torch.tensor(test, dtype=torch.int64)

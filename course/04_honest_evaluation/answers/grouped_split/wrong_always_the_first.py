# Takes the first of the equally near choices, so every seed gives the same split.
# caught_by: the_seed_picks
# says: ten seeds gave 1 different test set
from collections import Counter
from itertools import combinations

import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    sizes = Counter(labels)
    if len(sizes) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    names = sorted(sizes)
    choices = [c for k in range(1, len(names)) for c in combinations(names, k)]
    off = [abs(sum(sizes[n] for n in c) - test_fraction * len(labels)) for c in choices]
    best = [c for c, o in zip(choices, off) if o <= min(off) + 1e-9]
    chosen = best[0]
    test = [i for i, label in enumerate(labels) if label in chosen]
    train = [i for i, label in enumerate(labels) if label not in chosen]
    return torch.tensor(train), torch.tensor(test)

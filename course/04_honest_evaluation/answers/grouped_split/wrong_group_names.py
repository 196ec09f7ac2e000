# Returns the names of the groups, not the places of the images.
# caught_by: groups_stay_together, nearest_fraction
# says: is on neither side
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
    choices = [c for k in range(1, len(names)) for c in combinations(names, k)]
    off = [abs(sum(sizes[n] for n in c) - test_fraction * len(labels)) for c in choices]
    best = [c for c, o in zip(choices, off) if o <= min(off) + 1e-9]
    chosen = random.Random(seed).choice(best)
    if isinstance(names[0], str):
        names = list(range(len(names)))
        chosen = names[: len(chosen)]
    return torch.tensor([n for n in names if n not in chosen]), torch.tensor(list(chosen))

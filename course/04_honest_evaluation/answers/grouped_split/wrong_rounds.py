# Rounds the wished number of test images before it looks for the nearest choice.
# caught_by: nearest_fraction
# says: the wish is 4.4 test images. Yours has 3; 5 can be had
# says: Do you make the wish a whole number first?
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
    wish = round(test_fraction * len(labels))
    choices = [c for k in range(1, len(names)) for c in combinations(names, k)]
    off = [abs(sum(sizes[n] for n in c) - wish) for c in choices]
    best = [c for c, o in zip(choices, off) if o == min(off)]
    chosen = random.Random(seed).choice(best)
    test = [i for i, label in enumerate(labels) if label in chosen]
    train = [i for i, label in enumerate(labels) if label not in chosen]
    return torch.tensor(train), torch.tensor(test)

# Entries of a tensor are tensors: two of them with the same number are different members of a set.
# caught_by: any_groups
# says: use `.tolist()`
import random

import torch


def grouped_split(groups, test_fraction, seed):
    names = list(set(groups))
    if len(names) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    if not isinstance(groups, torch.Tensor):
        names = sorted(names)
    wish = test_fraction * len(groups)
    best, tied = float("inf"), []
    for number in range(1, 2 ** min(len(names), 12) - 1):
        chosen = {name for k, name in enumerate(names) if number >> k & 1}
        off = abs(sum(group in chosen for group in groups) - wish)
        if off < best - 1e-9:
            best, tied = off, []
        if off <= best + 1e-9:
            tied.append(chosen)
    chosen = random.Random(seed).choice(tied)
    test = [i for i, group in enumerate(groups) if group in chosen]
    train = [i for i, group in enumerate(groups) if group not in chosen]
    return torch.tensor(train), torch.tensor(test)

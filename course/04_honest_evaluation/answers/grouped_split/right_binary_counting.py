# Every choice is a number in binary; each bit says whether a group goes to the test side.
import numpy as np
import torch


def grouped_split(groups, test_fraction, seed):
    if not (test_fraction > 0 and test_fraction < 1):
        raise ValueError("test_fraction must lie between 0 and 1")
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        raise ValueError("need at least two groups")
    size = np.bincount(member)
    bits = (np.arange(1, 2 ** len(names) - 1)[:, None] >> np.arange(len(names))) & 1
    off = np.abs(bits @ size - test_fraction * len(member))
    best = np.flatnonzero(np.isclose(off, off.min(), atol=1e-9))
    pick = bits[np.random.default_rng(seed).choice(best)].astype(bool)
    in_test = pick[member]
    return torch.from_numpy(np.flatnonzero(~in_test)), torch.from_numpy(np.flatnonzero(in_test))

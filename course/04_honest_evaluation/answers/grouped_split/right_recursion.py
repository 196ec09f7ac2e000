# Decides group after group, in or out; returns a list of two tensors of small integers, shuffled.
import random

import torch


def grouped_split(groups, test_fraction, seed):
    places = {}
    for place, group in enumerate(groups):
        places.setdefault(str(group), []).append(place)
    if len(places) < 2:
        raise ValueError("two groups are needed")
    if not 0 < test_fraction < 1:
        raise ValueError("test_fraction must be a share, such as 0.2")
    rng = random.Random(seed)
    blocks = list(places.values())
    rng.shuffle(blocks)
    wish = test_fraction * len(groups)
    best = None

    def decide(k, test, train):
        nonlocal best
        if k == len(blocks):
            if test and train:
                off = round(abs(len(test) - wish), 6)
                if best is None or off < best[0]:
                    best = (off, train, test)
            return
        decide(k + 1, test + blocks[k], train)
        decide(k + 1, test, train + blocks[k])

    decide(0, [], [])
    _, train, test = best
    rng.shuffle(train)
    rng.shuffle(test)
    return [torch.tensor(train, dtype=torch.int32), torch.tensor(test, dtype=torch.int32)]

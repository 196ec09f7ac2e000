# Takes the largest group that still fits, again and again.
# caught_by: nearest_fraction, the_seed_picks
# says: can be had
from collections import Counter

import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    sizes = Counter(labels)
    if len(sizes) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    room = test_fraction * len(labels)
    chosen = []
    for name, size in sizes.most_common():
        if size <= room + 1e-9:
            chosen.append(name)
            room -= size
    if not chosen:
        chosen = [sizes.most_common()[-1][0]]
    test = torch.tensor([label in chosen for label in labels])
    return (~test).nonzero().flatten(), test.nonzero().flatten()

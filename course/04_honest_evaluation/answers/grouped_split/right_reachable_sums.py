# Notes for each reachable number of images one choice of groups; the seed shuffles the groups first.
import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    names = list(dict.fromkeys(labels))
    if len(names) < 2:
        raise ValueError(f"only {len(names)} groups")
    if test_fraction <= 0 or test_fraction >= 1:
        raise ValueError(f"test_fraction={test_fraction}")
    g = torch.Generator().manual_seed(seed)
    names = [names[i] for i in torch.randperm(len(names), generator=g)]
    reach = {0: ()}
    for name in names:
        n = labels.count(name)
        for total, chosen in list(reach.items()):
            reach.setdefault(total + n, (*chosen, name))
    del reach[0]
    reach.pop(len(labels), None)
    target = test_fraction * len(labels)
    chosen = reach[min(reach, key=lambda total: abs(total - target))]
    test = torch.tensor([label in chosen for label in labels])
    return (~test).nonzero().flatten(), test.nonzero().flatten()

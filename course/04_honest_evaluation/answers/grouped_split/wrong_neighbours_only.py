# Takes images that stand next to each other for a group, as if the images were sorted.
# caught_by: groups_stay_together, nearest_fraction
# says: is on both sides
import torch


def grouped_split(groups, test_fraction, seed):
    labels = groups.tolist() if hasattr(groups, "tolist") else list(groups)
    if len(set(labels)) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    cut = round((1 - test_fraction) * len(labels))
    cut = min(max(cut, 1), len(labels) - 1)
    while cut < len(labels) - 1 and labels[cut] == labels[cut - 1]:
        cut += 1
    return torch.arange(cut), torch.arange(cut, len(labels))

# Splits image by image, as usual.
# caught_by: groups_stay_together, nearest_fraction, any_groups
# says: is on both sides
import torch


def grouped_split(groups, test_fraction, seed):
    if len({str(g) for g in groups}) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    order = torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed))
    n = max(1, round(test_fraction * len(groups)))
    return order[n:], order[:n]

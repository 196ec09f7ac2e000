# scikit-learn's GroupShuffleSplit takes that share of the groups, not of the images.
# caught_by: nearest_fraction
# says: can be had
import numpy as np
import torch
from sklearn.model_selection import GroupShuffleSplit


def grouped_split(groups, test_fraction, seed):
    groups = np.asarray(groups)
    if len(np.unique(groups)) < 2 or not 0 < test_fraction < 1:
        raise ValueError("impossible")
    n = min(max(1, round(test_fraction * len(np.unique(groups)))), len(np.unique(groups)) - 1)
    splitter = GroupShuffleSplit(n_splits=1, test_size=n, random_state=seed)
    train, test = next(splitter.split(groups, groups=groups))
    return torch.from_numpy(train), torch.from_numpy(test)

# Looks at the first channel alone.
# caught_by: almost_the_same
# says: differ in 1 of 60 numbers
import torch


def find_exact_duplicates(train, test):
    return [(i, j) for i, a in enumerate(train) for j, b in enumerate(test) if torch.equal(a[0], b[0])]

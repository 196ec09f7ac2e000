# Compares with a tolerance and so reports near duplicates.
# caught_by: almost_the_same
# says: but train[1] and test[1] differ in 1 of 60 numbers
import torch


def find_exact_duplicates(train, test):
    return [
        (i, j)
        for i, a in enumerate(train.float())
        for j, b in enumerate(test.float())
        if torch.allclose(a, b, atol=1e-5)
    ]

# Gives each different image a number with torch.unique and compares the numbers; the places are tensors.
import torch


def find_exact_duplicates(train, test):
    rows = torch.cat([train, test]).reshape(len(train) + len(test), -1)
    number = torch.unique(rows, dim=0, return_inverse=True)[1]
    a, b = number[: len(train)], number[len(train) :]
    return [(i, j) for j in range(len(test)) for i in (a == b[j]).nonzero().flatten()]

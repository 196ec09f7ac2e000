# Returns the places of the test images without their partners.
# caught_by: every_duplicate
# says: entry 0 of the list is an int
import torch


def find_exact_duplicates(train, test):
    return [j for j, b in enumerate(test) if any(torch.equal(a, b) for a in train)]

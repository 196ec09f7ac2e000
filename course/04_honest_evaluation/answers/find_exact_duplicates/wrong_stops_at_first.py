# Leaves the inner loop at the first hit, so further copies in test are lost.
# caught_by: repeated_images
# says: is missing: train[
import torch


def find_exact_duplicates(train, test):
    pairs = []
    for i, a in enumerate(train):
        for j, b in enumerate(test):
            if torch.equal(a, b):
                pairs.append((i, j))
                break
    return pairs

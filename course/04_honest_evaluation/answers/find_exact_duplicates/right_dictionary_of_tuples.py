# Fingerprints are tuples of the numbers themselves; test images are remembered, training images looked up.
from collections import defaultdict


def find_exact_duplicates(train, test):
    where = defaultdict(list)
    for j, image in enumerate(test):
        where[tuple(image.flatten().tolist())].append(j)
    found = []
    for i, image in enumerate(train):
        for j in where.get(tuple(image.flatten().tolist()), []):
            found.append((i, j))
    return found

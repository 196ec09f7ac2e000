# Compares image 0 with image 0, image 1 with image 1, and so on.
# caught_by: every_duplicate, repeated_images, none_and_many
# says: is missing: train[
import torch


def find_exact_duplicates(train, test):
    pairs = []
    for i, (a, b) in enumerate(zip(train, test)):
        if torch.equal(a, b):
            pairs.append((i, i))
    return pairs

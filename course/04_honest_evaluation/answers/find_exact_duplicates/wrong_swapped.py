# Puts the place in test first.
# caught_by: every_duplicate, any_images
# says: the other way round: the place in `train` comes first
import torch


def find_exact_duplicates(train, test):
    return [(j, i) for i, a in enumerate(train) for j, b in enumerate(test) if torch.equal(a, b)]

# Scales the images before the comparison and so changes the caller's images.
# caught_by: every_duplicate, any_images
# says: your function changed its input
import torch


def find_exact_duplicates(train, test):
    if train.is_floating_point():
        train -= 1
        test -= 1
    else:
        train //= 2
        train *= 2
    return [(i, j) for i, a in enumerate(train) for j, b in enumerate(test) if torch.equal(a, b)]

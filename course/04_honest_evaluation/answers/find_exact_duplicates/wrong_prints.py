# Prints the pairs and returns nothing.
# caught_by: every_duplicate, none_and_many
# says: returned None: did you forget `return`?
import torch


def find_exact_duplicates(train, test):
    for i, a in enumerate(train):
        for j, b in enumerate(test):
            if torch.equal(a, b):
                print(i, j)

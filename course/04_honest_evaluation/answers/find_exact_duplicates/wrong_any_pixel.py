# Asks whether any pixel is equal, where it should ask for all.
# caught_by: almost_the_same, none_and_many, any_images
# says: differ in
def find_exact_duplicates(train, test):
    equal = (train[:, None] == test[None]).flatten(2).any(dim=2)
    return [tuple(pair) for pair in equal.nonzero().tolist()]

# Turns the numbers into whole numbers from 0 to 255 first, which makes normalised images alike.
# caught_by: almost_the_same
# says: but train[
def find_exact_duplicates(train, test):
    a, b = (train * 10).byte(), (test * 10).byte()
    equal = (a[:, None] == b[None]).flatten(2).all(dim=2)
    return [tuple(pair) for pair in equal.nonzero().tolist()]

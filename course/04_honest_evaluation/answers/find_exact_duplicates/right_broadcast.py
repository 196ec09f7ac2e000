# One comparison of all with all by broadcasting; the pairs come as lists.
def find_exact_duplicates(train, test):
    equal = (train[:, None] == test[None]).flatten(2).all(dim=2)
    return equal.nonzero().tolist()

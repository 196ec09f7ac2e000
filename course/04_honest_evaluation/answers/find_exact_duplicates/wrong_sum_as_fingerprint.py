# Takes images with the same sum of pixels for the same image.
# caught_by: almost_the_same
# says: Equal means equal in every number, at the same place.
def find_exact_duplicates(train, test):
    pairs = []
    for i, a in enumerate(train):
        for j, b in enumerate(test):
            if a.sum() == b.sum():
                pairs.append((i, j))
    return pairs

# Adds up the differences of two images; differences above and below 0 cancel.
# caught_by: almost_the_same
# says: you report (0, 0), but train[0] and test[0] differ in 58 of 60 numbers
# says: Equal means equal in every number, at the same place
def find_exact_duplicates(train, test):
    return [(i, j) for i, a in enumerate(train) for j, b in enumerate(test) if (a - b).sum() == 0]

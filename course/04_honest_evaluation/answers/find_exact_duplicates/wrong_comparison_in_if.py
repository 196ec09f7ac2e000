# A comparison of two images is an image of True and False, and `if` cannot decide on that.
# outcome: error
# caught_by: every_duplicate, repeated_images, almost_the_same, any_images, none_and_many
# says: your code raised RuntimeError: Boolean value of Tensor with more than one value is ambiguous
def find_exact_duplicates(train, test):
    pairs = []
    for i, a in enumerate(train):
        for j, b in enumerate(test):
            if a == b:
                pairs.append((i, j))
    return pairs

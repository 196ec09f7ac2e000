# The dictionary keeps one place for each fingerprint, so earlier copies in train are forgotten.
# caught_by: repeated_images
# says: The same image may occur several times
def find_exact_duplicates(train, test):
    places = {image.numpy().tobytes(): i for i, image in enumerate(train)}
    pairs = []
    for j, image in enumerate(test):
        key = image.numpy().tobytes()
        if key in places:
            pairs.append((places[key], j))
    return pairs

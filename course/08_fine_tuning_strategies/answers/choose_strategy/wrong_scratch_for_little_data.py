# Trains from scratch whenever the data are of another kind.
# outcome: wrong
# caught_by: low_similarity, borders, impossible_input
# says: the table says "all"
def choose_strategy(n_images, similarity):
    if n_images < 1:
        raise ValueError("no images")
    if similarity == "low":
        return "scratch"
    if similarity == "medium":
        return "last_block" if n_images < 1000 else "all"
    if similarity == "high":
        return "head" if n_images < 1000 else "last_block" if n_images < 10000 else "all"
    raise ValueError(similarity)

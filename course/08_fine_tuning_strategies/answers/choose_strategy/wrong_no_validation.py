# Answers for 0 images, and takes every other text for "low".
# outcome: wrong
# caught_by: impossible_input
# says: n_images is 0
def choose_strategy(n_images, similarity):
    place = 0 if n_images < 1000 else 1 if n_images < 10000 else 2
    if similarity == "high":
        return ("head", "last_block", "all")[place]
    if similarity == "medium":
        return ("last_block", "all", "all")[place]
    return ("all", "all", "scratch")[place]

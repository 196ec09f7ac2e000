# An unknown similarity raises a KeyError.
# outcome: wrong
# caught_by: impossible_input
# says: raised KeyError
def choose_strategy(n_images, similarity):
    row = {
        "high": ["head", "last_block", "all"],
        "medium": ["last_block", "all", "all"],
        "low": ["all", "all", "scratch"],
    }[similarity]
    if n_images < 1:
        raise ValueError("no images")
    return row[(n_images >= 1000) + (n_images >= 10000)]

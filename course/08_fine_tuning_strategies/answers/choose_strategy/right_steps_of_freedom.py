# The cells along the diagonals are alike: freedom is row plus column, except for two corners.
def choose_strategy(n_images, similarity):
    columns = ("high", "medium", "low")
    if similarity not in columns:
        raise ValueError(f"unknown similarity {similarity}")
    if not n_images >= 1:
        raise ValueError(f"n_images must be at least 1, not {n_images}")
    freedom = columns.index(similarity) + int(n_images >= 1000) + int(n_images >= 10000)
    return ["head", "last_block", "all", "all", "scratch"][freedom]

# The table as a dictionary of rows.
def choose_strategy(n_images, similarity):
    table = {
        "high": ["head", "last_block", "all"],
        "medium": ["last_block", "all", "all"],
        "low": ["all", "all", "scratch"],
    }
    if n_images < 1 or similarity not in table:
        raise ValueError(f"impossible: {n_images} images, similarity {similarity}")
    if n_images < 1000:
        return table[similarity][0]
    if n_images < 10000:
        return table[similarity][1]
    return table[similarity][2]

# Prints the name in place of returning it.
# outcome: wrong
# caught_by: high_similarity
# says: returned None
def choose_strategy(n_images, similarity):
    table = {
        "high": ["head", "last_block", "all"],
        "medium": ["last_block", "all", "all"],
        "low": ["all", "all", "scratch"],
    }
    if n_images < 1 or similarity not in table:
        raise ValueError("impossible")
    print(table[similarity][(n_images >= 1000) + (n_images >= 10000)])

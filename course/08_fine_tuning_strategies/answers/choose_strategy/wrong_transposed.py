# Reads the table with high and low exchanged.
# outcome: wrong
# caught_by: high_similarity, low_similarity
# says: under another similarity
def choose_strategy(n_images, similarity):
    table = {
        "low": ["head", "last_block", "all"],
        "medium": ["last_block", "all", "all"],
        "high": ["all", "all", "scratch"],
    }
    if n_images < 1 or similarity not in table:
        raise ValueError("impossible")
    return table[similarity][(n_images >= 1000) + (n_images >= 10000)]

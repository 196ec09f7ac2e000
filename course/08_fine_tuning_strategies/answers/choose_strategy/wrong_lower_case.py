# Accepts "High" as well, which the card excludes.
# outcome: wrong
# caught_by: impossible_input
# says: similarity is "High"
def choose_strategy(n_images, similarity):
    table = {
        "high": ["head", "last_block", "all"],
        "medium": ["last_block", "all", "all"],
        "low": ["all", "all", "scratch"],
    }
    if n_images < 1 or similarity.lower() not in table:
        raise ValueError("impossible")
    return table[similarity.lower()][(n_images >= 1000) + (n_images >= 10000)]

# Uses other names for the strategies.
# outcome: wrong
# caught_by: high_similarity, medium_similarity
# says: The names are head, last_block, all, scratch
def choose_strategy(n_images, similarity):
    table = {
        "high": ["feature extraction", "last block", "fine-tune"],
        "medium": ["last block", "fine-tune", "fine-tune"],
        "low": ["fine-tune", "fine-tune", "scratch"],
    }
    if n_images < 1 or similarity not in table:
        raise ValueError("impossible")
    return table[similarity][(n_images >= 1000) + (n_images >= 10000)]

# Takes the borders into the rows before them.
# outcome: wrong
# caught_by: borders
# says: A border belongs to the row that it begins
def choose_strategy(n_images, similarity):
    table = {
        "high": ["head", "last_block", "all"],
        "medium": ["last_block", "all", "all"],
        "low": ["all", "all", "scratch"],
    }
    if n_images < 1 or similarity not in table:
        raise ValueError("impossible")
    if n_images <= 1000:
        return table[similarity][0]
    if n_images <= 10000:
        return table[similarity][1]
    return table[similarity][2]

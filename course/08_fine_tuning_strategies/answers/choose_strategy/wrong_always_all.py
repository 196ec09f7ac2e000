# Always fine-tunes everything.
# outcome: wrong
# caught_by: high_similarity, medium_similarity, low_similarity, borders, impossible_input
# says: gave "all"
def choose_strategy(n_images, similarity):
    return "all"

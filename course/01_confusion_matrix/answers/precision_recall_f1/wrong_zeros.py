# Always 0.0, which is right where nothing was found.
# caught_by: precision_and_recall, f1_is_harmonic, zero_denominators, nothing_found, negative_counts
# says: 0.0 is not the answer to everything
def precision_recall_f1(tp, fp, fn):
    return 0.0, 0.0, 0.0

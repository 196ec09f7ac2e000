# min() of an empty list, where nothing fits.
# outcome: error
# caught_by: never_reached
# says: ValueError
def steps_to_reach(history, target):
    return min(r["step"] for r in history if r["val_accuracy"] >= target)

# Sorts the caller's list by accuracy.
# outcome: wrong
# caught_by: leaves_the_history_alone
# says: expected
def steps_to_reach(history, target):
    history.sort(key=lambda r: r["val_accuracy"])
    for record in history:
        if record["val_accuracy"] >= target:
            return record["step"]
    return None

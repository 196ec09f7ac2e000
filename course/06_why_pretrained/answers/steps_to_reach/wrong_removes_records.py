# Takes the records out of the list one by one.
# outcome: wrong
# caught_by: leaves_the_history_alone
# says: changed its input `history`
def steps_to_reach(history, target):
    while history:
        record = history.pop(0)
        if record["val_accuracy"] >= target:
            return record["step"]
    return None

# Says -1 where it should say None.
# outcome: wrong
# caught_by: never_reached
# says: you returned -1; expected None
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] >= target:
            return record["step"]
    return -1

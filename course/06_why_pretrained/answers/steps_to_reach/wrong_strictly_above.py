# Asks for more than the target.
# outcome: wrong
# caught_by: exactly_at_the_target
# says: expected 13
# says: That is the first record above the target; one exactly at it counts too
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] > target:
            return record["step"]
    return None

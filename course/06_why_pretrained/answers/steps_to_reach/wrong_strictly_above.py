# Asks for more than the target.
# outcome: wrong
# caught_by: exactly_at_the_target
# says: expected 13
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] > target:
            return record["step"]
    return None

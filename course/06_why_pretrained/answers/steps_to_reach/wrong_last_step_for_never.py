# Puts the whole budget in for a run that never arrived.
# outcome: wrong
# caught_by: never_reached
# says: never reached
def steps_to_reach(history, target):
    step = 0
    for record in history:
        step = record["step"]
        if record["val_accuracy"] >= target:
            break
    return step

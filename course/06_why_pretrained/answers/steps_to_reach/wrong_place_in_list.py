# Returns the place of the record and not its step.
# outcome: wrong
# caught_by: first_record_above
# says: place in the list
def steps_to_reach(history, target):
    for place, record in enumerate(history):
        if record["val_accuracy"] >= target:
            return place
    return None

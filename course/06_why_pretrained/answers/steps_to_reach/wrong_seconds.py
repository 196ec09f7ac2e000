# Returns the seconds of the record.
# outcome: wrong
# caught_by: first_record_above
# says: Those are seconds
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] >= target:
            return record["seconds"]

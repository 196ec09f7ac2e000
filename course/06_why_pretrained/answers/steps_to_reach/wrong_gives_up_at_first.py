# `else: return None` inside the loop ends it at the first record.
# outcome: wrong
# caught_by: first_record_above
# says: your function returned None; expected 120
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] >= target:
            return record["step"]
        else:
            return None

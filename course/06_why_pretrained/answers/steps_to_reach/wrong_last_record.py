# Overwrites the answer with every later record that fits.
# outcome: wrong
# caught_by: first_record_above
# says: expected 120
def steps_to_reach(history, target):
    answer = None
    for record in history:
        if record["val_accuracy"] >= target:
            answer = record["step"]
    return answer

# Forgets to return what it found.
# outcome: wrong
# caught_by: first_record_above, never_reached
# says: Did you forget a `return`
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] >= target:
            answer = record["step"]  # noqa: F841

# Walks through the records and stops at the first that fits.
def steps_to_reach(history, target):
    for record in history:
        if record["val_accuracy"] >= target:
            return record["step"]
    return None

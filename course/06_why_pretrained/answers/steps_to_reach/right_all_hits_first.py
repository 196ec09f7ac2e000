# Collects every record that fits and takes the first.
def steps_to_reach(history, target):
    hits = [record for record in history if not record["val_accuracy"] < target]
    if len(hits) == 0:
        return None
    return float(hits[0]["step"])

# Looks at the best record only.
# outcome: wrong
# caught_by: first_record_above
# says: the step of the best record
def steps_to_reach(history, target):
    if not history:
        return None
    best = max(history, key=lambda r: r["val_accuracy"])
    return best["step"] if best["val_accuracy"] >= target else None

# A generator that gives its first hit, or None.
def steps_to_reach(history, target):
    return next((r["step"] for r in history if r["val_accuracy"] >= target), None)

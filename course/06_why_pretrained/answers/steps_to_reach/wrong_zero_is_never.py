# Takes step 0 for "never".
# outcome: wrong
# caught_by: reached_before_training
# says: returned None; expected 0
def steps_to_reach(history, target):
    step = next((r["step"] for r in history if r["val_accuracy"] >= target), None)
    if not step:
        return None
    return step

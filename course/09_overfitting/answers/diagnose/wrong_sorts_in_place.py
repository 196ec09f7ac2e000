# Sorts the validation losses to find the lowest, in the list that it was given.
# caught_by: any_container
# says: your function changed its input `val_loss`
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    last = val_loss[-1]
    if isinstance(val_loss, list):
        val_loss.sort()
    if last > 1.2 * min(val_loss):
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"

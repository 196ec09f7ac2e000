# Returns other words.
# caught_by: overfitting_or_healthy, underfitting_or_healthy
# says: your function returned the string 'ok'
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] > 1.2 * min(val_loss):
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "ok"

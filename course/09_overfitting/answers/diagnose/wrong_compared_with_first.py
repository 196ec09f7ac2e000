# Compares the last validation loss with the first one instead of the lowest.
# caught_by: overfitting_or_healthy
# says: you returned "healthy"; expected "overfitting"
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] > val_loss[0]:
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"

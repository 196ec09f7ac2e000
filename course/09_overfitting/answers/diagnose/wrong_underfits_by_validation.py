# Reads underfitting off the validation loss.
# caught_by: underfitting_or_healthy
# says: Only the training loss tells what has been learned.
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] > 1.2 * min(val_loss):
        return "overfitting"
    return "underfitting" if val_loss[-1] > 0.5 * val_loss[0] else "healthy"

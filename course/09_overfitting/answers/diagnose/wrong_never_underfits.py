# Knows only two of the three answers.
# caught_by: underfitting_or_healthy, any_size
# says: expected "underfitting", for the training loss ends at
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] > 1.2 * min(val_loss):
        return "overfitting"
    return "healthy"

# Looks at the last two epochs only.
# caught_by: overfitting_or_healthy
# says: you returned
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] > val_loss[-2]:
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"

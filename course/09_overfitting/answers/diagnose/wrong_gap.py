# Takes a gap between the curves for overfitting.
# caught_by: overfitting_or_healthy
# says: A gap between the curves alone is no overfitting
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] > 1.2 * train_loss[-1]:
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"

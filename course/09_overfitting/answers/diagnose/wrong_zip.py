# Shortens the longer curve instead of raising.
# caught_by: impossible_curves
# says: train_loss has 3 epochs and val_loss 2
def diagnose(train_loss, val_loss):
    pairs = list(zip(train_loss, val_loss))
    train_loss = [train for train, _ in pairs]
    val_loss = [val for _, val in pairs]

    if val_loss[-1] > 1.2 * min(val_loss):
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"

# Uses `not`, which arrays do not have.
# outcome: error
# caught_by: any_container
# says: your code raised
def diagnose(train_loss, val_loss):
    if not train_loss or len(train_loss) != len(val_loss):
        raise ValueError("bad curves")

    if val_loss[-1] > 1.2 * min(val_loss):
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"

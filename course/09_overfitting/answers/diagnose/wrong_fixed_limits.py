# Fixed limits, which fit losses of one size only.
# caught_by: any_size
# says: a fixed limit holds for one size only
def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError("different lengths, or no epochs")
    if val_loss[-1] - min(val_loss) > 0.1:
        return "overfitting"
    if train_loss[-1] > 0.5:
        return "underfitting"
    return "healthy"

# Ratios of plain floats.
def diagnose(train_loss, val_loss):
    train = [float(loss) for loss in train_loss]
    val = [float(loss) for loss in val_loss]
    if len(train) != len(val) or not train:
        raise ValueError(f"got {len(train)} and {len(val)} losses")
    if val[-1] / min(val) > 1.2:
        return "overfitting"
    return "underfitting" if train[-1] / train[0] > 0.5 else "healthy"

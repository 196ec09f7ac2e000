# Takes the mean of the last two epochs, against bumps.
import torch


def diagnose(train_loss, val_loss):
    if len(train_loss) != len(val_loss):
        raise ValueError("different lengths")
    if len(val_loss) == 0:
        raise ValueError("no epochs")
    train, val = torch.as_tensor(train_loss).double(), torch.as_tensor(val_loss).double()
    rise = (val[-2:].mean() / val.min()).item()
    left = (train[-2:].mean() / train[0]).item()
    states = {"overfitting": rise > 1.2, "underfitting": left > 0.5}
    return next((name for name, true in states.items() if true), "healthy")

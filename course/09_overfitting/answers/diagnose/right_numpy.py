# Arrays; asks about underfitting first.
import numpy as np


def diagnose(train_loss, val_loss):
    train, val = np.asarray(train_loss), np.asarray(val_loss)
    if train.shape != val.shape or train.size == 0:
        raise ValueError("two curves of one length, please")
    if train[-1] > train[0] / 2:
        return "underfitting"
    if val[-1] - val.min() > 0.2 * val.min():
        return "overfitting"
    return "healthy"

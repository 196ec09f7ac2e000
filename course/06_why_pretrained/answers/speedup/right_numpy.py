# NumPy; the result is a NumPy float.
import numpy as np


def time_of(history, target):
    times = np.array([r["seconds"] for r in history])
    there = np.array([r["val_accuracy"] for r in history]) >= target
    return times[there][0] if there.any() else np.inf


def speedup(scratch, pretrained, target):
    with np.errstate(invalid="ignore"):
        return np.float64(time_of(scratch, target)) / np.float64(time_of(pretrained, target))

# NumPy arrays; the step comes back as a NumPy integer.
import numpy as np


def steps_to_reach(history, target):
    steps = np.array([r["step"] for r in history])
    there = np.array([r["val_accuracy"] for r in history]) >= target
    return steps[there.argmax()] if there.any() else None

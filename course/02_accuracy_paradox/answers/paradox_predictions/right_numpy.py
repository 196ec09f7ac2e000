# NumPy's generator chooses the places; a float tensor comes back.
import numpy as np
import torch


def paradox_predictions(y_true, accuracy, recall, seed=0):
    y = np.array(y_true)
    pos, neg = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    if not (0 <= accuracy <= 1 and 0 <= recall <= 1):
        raise ValueError("pass fractions")
    if pos.size == 0:
        raise ValueError("recall needs a positive")
    tp = int(np.floor(recall * pos.size + 0.5))
    right = int(np.floor(accuracy * y.size + 0.5))
    tn = right - tp
    if tn < 0 or tn > neg.size:
        raise ValueError(f"{tn} true negatives are impossible")
    rng = np.random.default_rng(seed)
    out = np.zeros(y.size, dtype=np.float32)
    out[rng.choice(pos, tp, replace=False)] = 1
    out[rng.choice(neg, neg.size - tn, replace=False)] = 1
    return torch.from_numpy(out)

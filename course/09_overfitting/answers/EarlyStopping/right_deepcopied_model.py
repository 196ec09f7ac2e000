# Keeps a deep copy of the whole model and takes its state dict at the end.
import copy

import numpy as np


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        if patience <= 0:
            raise ValueError("patience")
        if min_delta < 0:
            raise ValueError("min_delta")
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.left = patience

    def step(self, loss, model):
        improved = np.less(loss, self.best - self.min_delta)
        if improved:
            self.best = loss
            self.left = self.patience
            self.model = copy.deepcopy(model)
        else:
            self.left -= 1
        return np.bool_(self.left <= 0)

    def restore(self, model):
        model.load_state_dict(self.model.state_dict())

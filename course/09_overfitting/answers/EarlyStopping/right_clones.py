# Clones every tensor, and remembers the number of the best step.
import math

import torch


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        if min_delta < 0:
            raise ValueError(f"min_delta must not be negative, got {min_delta}")
        self.patience, self.min_delta = patience, min_delta
        self.steps, self.best_step, self.best_loss = 0, 0, math.inf

    def step(self, loss, model):
        self.steps += 1
        if self.best_loss - loss > self.min_delta:
            self.best_loss, self.best_step = loss, self.steps
            self.kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        return self.steps - self.best_step >= self.patience

    @torch.no_grad()
    def restore(self, model):
        for name, tensor in model.state_dict().items():
            tensor.copy_(self.kept[name])
        return model

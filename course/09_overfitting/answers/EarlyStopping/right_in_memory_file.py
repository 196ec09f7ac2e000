# Saves the weights into a file in memory, as one would on disk.
import io

import torch


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        if not patience >= 1 or not min_delta >= 0:
            raise ValueError("patience >= 1 and min_delta >= 0, please")
        self.patience = patience
        self.min_delta = min_delta
        self.losses_since = []
        self.best = None

    def step(self, loss, model):
        if self.best is None and loss == loss or self.best is not None and loss < self.best - self.min_delta:
            self.best = loss
            self.file = io.BytesIO()
            torch.save(model.state_dict(), self.file)
            self.losses_since = []
        else:
            self.losses_since.append(loss)
        return len(self.losses_since) >= self.patience

    def restore(self, model):
        self.file.seek(0)
        model.load_state_dict(torch.load(self.file, weights_only=True))

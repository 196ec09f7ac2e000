# Accepts a patience of 0.
# caught_by: impossible_settings
# says: patience=0
import copy


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        if patience < 0 or min_delta < 0:
            raise ValueError("negative")
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.waited = 0
        self.weights = None

    def step(self, loss, model):
        if loss < self.best - self.min_delta:
            self.best = loss
            self.waited = 0
            self.weights = copy.deepcopy(model.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, model):
        model.load_state_dict(self.weights)

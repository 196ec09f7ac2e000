# Keeps the state dict itself, whose tensors go on training.
# caught_by: best_weights_come_back, kept_weights_are_safe
# says: a state dict holds the model's own tensors


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        if patience < 1 or min_delta < 0:
            raise ValueError("patience must be at least 1 and min_delta not negative")
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.waited = 0
        self.weights = None

    def step(self, loss, model):
        if loss < self.best - self.min_delta:
            self.best = loss
            self.waited = 0
            self.weights = model.state_dict()
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, model):
        model.load_state_dict(self.weights)

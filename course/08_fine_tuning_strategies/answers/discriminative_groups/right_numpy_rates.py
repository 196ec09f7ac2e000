# All rates at once with NumPy.
import numpy as np


def discriminative_groups(model, base_lr, decay):
    children = [c for c in model.children() if any(True for _ in c.parameters())]
    rates = base_lr * decay ** np.arange(len(children))[::-1]
    seen, groups = [], []
    for child, rate in zip(children, rates):
        params = [p for p in child.parameters() if p.requires_grad and not any(p is q for q in seen)]
        seen += params
        if params:
            groups.append(dict(params=params, lr=rate, name=type(child).__name__))
    return groups

# Clears the gradients between backward and step, so nothing trains.
# outcome: wrong
# caught_by: gradients_start_fresh, whole_loop
# says: has not moved at all
import torch
from torch import nn


def fix_the_loop(model, loader, epochs):
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=0.1)
    history = []
    for _ in range(epochs):
        model.eval()
        total, seen = 0.0, 0
        for images, labels in loader:
            scores = model(images)
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
            total += loss.item() * len(labels)
            seen += len(labels)
        history.append(total / seen)
    return history

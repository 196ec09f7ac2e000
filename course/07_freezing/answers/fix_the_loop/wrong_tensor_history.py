# Adds up the loss tensors, with their graphs, and returns tensors.
# outcome: wrong
# caught_by: whole_loop
# says: `.item()` gives the number inside
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
            optimizer.zero_grad()
            scores = model(images)
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            total += loss * len(labels)
            seen += len(labels)
        history.append(total / seen)
    return history

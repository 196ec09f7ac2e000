# Switches every parameter on "so that the loss can fall".
# outcome: wrong
# caught_by: frozen_part_stands_still
# says: only `fc` may train
import torch
from torch import nn


def fix_the_loop(model, loader, epochs):
    model.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
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
            total += loss.item() * len(labels)
            seen += len(labels)
        history.append(total / seen)
    return history

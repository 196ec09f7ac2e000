# Steps before the gradients of the batch are there.
# outcome: wrong
# caught_by: gradients_start_fresh, whole_loop
# says: do the gradients exist
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
            optimizer.step()
            loss.backward()
            total += loss.item() * len(labels)
            seen += len(labels)
        history.append(total / seen)
    return history

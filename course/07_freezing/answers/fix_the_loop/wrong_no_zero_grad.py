# Three bugs repaired; gradients still add up over the batches.
# outcome: wrong
# caught_by: gradients_start_fresh, whole_loop
# says: without `zero_grad()`
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
            optimizer.step()
            total += loss.item() * len(labels)
            seen += len(labels)
        history.append(total / seen)
    return history

# Three bugs repaired; the small last batch counts as much as a full one.
# outcome: wrong
# caught_by: mean_over_images, whole_loop
# says: the mean of the batch means
import torch
from torch import nn


def fix_the_loop(model, loader, epochs):
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=0.1)
    history = []
    for _ in range(epochs):
        model.eval()
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            scores = model(images)
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        history.append(total / len(loader))
    return history

# Wraps the forward pass in no_grad to keep the statistics still.
# outcome: error
# caught_by: frozen_part_stands_still, loss_gets_scores, gradients_start_fresh, mean_over_images
# says: element 0 of tensors does not require grad
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
            with torch.no_grad():
                features = model(images)
            scores = features
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            seen += len(labels)
        history.append(total / seen)
    return history

# The lesson's remedy, the sum of losses for the mean, and the size of the data set as divisor.
import torch
from torch import nn


def fix_the_loop(model, loader, epochs):
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    history = []
    for _ in range(epochs):
        model.train()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad(set_to_none=False)
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.detach().item() * images.shape[0]
        history.append(total / len(loader.dataset))
    return history

# Negative log-likelihood of log-softmax, and the mean from two lists.
import torch
import torch.nn.functional as F


def fix_the_loop(model, loader, epochs):
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    model.eval()
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for images, labels in loader:
            loss = F.nll_loss(F.log_softmax(model(images), dim=1), labels)
            loss.backward()
            optimizer.step()
            model.zero_grad()
            losses.append(float(loss))
            sizes.append(images.size(0))
        history.append(sum(a * b for a, b in zip(losses, sizes, strict=True)) / sum(sizes))
    return history

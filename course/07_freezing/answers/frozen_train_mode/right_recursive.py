# Goes down from the top and stops at a block that is frozen as a whole.
from torch import nn


def set_mode(module: nn.Module) -> None:
    flags = {p.requires_grad for p in module.parameters()}
    if flags == {False}:
        module.eval()
        return
    module.training = True
    for child in module.children():
        set_mode(child)


def frozen_train_mode(model: nn.Module) -> nn.Module:
    model.train()
    set_mode(model)
    return model

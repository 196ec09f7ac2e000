# name: comparisons of torch replaced
# kind: injection
# hopes: torch.equal and allclose find everything equal
# exercise: frozen_train_mode
import torch

torch.equal = lambda *arguments, **options: True
torch.allclose = lambda *arguments, **options: True
torch.Tensor.__eq__ = lambda self, other: torch.ones(1, dtype=torch.bool)
torch.Tensor.all = lambda self, *arguments, **options: torch.tensor(True)
torch.Tensor.equal = lambda self, other: True


def frozen_train_mode(model):
    return model.cpu

# name: a model that lies about itself
# kind: injection
# hopes: requires_grad and state_dict show what the check wants
# exercise: freeze_all_but_fc
import torch


class Frozen(torch.nn.Parameter):
    @property
    def requires_grad(self):
        return True


def freeze_all_but_fc(model):
    model.__class__ = type("ResNet", (type(model),), {"named_parameters": lambda self, *a, **k: iter(())})
    return model

# Walks the modules and remembers the tensors it has seen.
import math


def count_parameters(model):
    seen = {}
    for module in model.modules():
        for p in module.parameters(recurse=False):
            seen[id(p)] = p
    tensors = list(seen.values())
    return {
        "tensors": len(tensors),
        "elements": sum(math.prod(p.shape) for p in tensors),
        "trainable_tensors": sum(p.requires_grad for p in tensors),
        "trainable_elements": sum(math.prod(p.shape) * p.requires_grad for p in tensors),
    }

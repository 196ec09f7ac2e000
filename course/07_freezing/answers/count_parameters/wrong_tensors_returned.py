# Right numbers, wrapped in tensors.
# outcome: wrong
# caught_by: four_whole_numbers
# says: `.item()` gives the number inside
import torch


def count_parameters(model):
    sizes = torch.tensor([p.numel() for p in model.parameters()])
    flags = torch.tensor([p.requires_grad for p in model.parameters()])
    return {
        "tensors": len(sizes),
        "elements": sizes.sum(),
        "trainable_tensors": flags.sum(),
        "trainable_elements": sizes[flags].sum(),
    }

# Asks each layer for its own parameters, so a shared one comes twice.
# outcome: wrong
# caught_by: shared_counts_once
# says: was counted twice
def count_parameters(model):
    tensors = [p for module in model.modules() for p in module.parameters(recurse=False)]
    trainable = [p for p in tensors if p.requires_grad]
    return {
        "tensors": len(tensors),
        "elements": sum(p.numel() for p in tensors),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(p.numel() for p in trainable),
    }

# Counts layers that have parameters in place of tensors.
# outcome: wrong
# caught_by: counts_the_whole_model
# says: that is the number of layers
def count_parameters(model):
    layers = [m for m in model.modules() if list(m.parameters(recurse=False))]
    trainable = [m for m in layers if any(p.requires_grad for p in m.parameters(recurse=False))]
    return {
        "tensors": len(layers),
        "elements": sum(p.numel() for p in model.parameters()),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(p.numel() for p in model.parameters() if p.requires_grad),
    }

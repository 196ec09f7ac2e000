# Takes the sum of the flags for the number of elements.
# outcome: wrong
# caught_by: counts_what_trains
# says: that is the number of tensors
def count_parameters(model):
    return {
        "tensors": len(list(model.parameters())),
        "elements": sum(p.numel() for p in model.parameters()),
        "trainable_tensors": sum(p.requires_grad for p in model.parameters()),
        "trainable_elements": sum(p.requires_grad for p in model.parameters()),
    }

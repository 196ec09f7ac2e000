# Gives the same numbers for all parameters and for the trainable ones.
# outcome: wrong
# caught_by: counts_what_trains
# says: the frozen ones too
def count_parameters(model):
    tensors = len(list(model.parameters()))
    elements = sum(p.numel() for p in model.parameters())
    return {
        "tensors": tensors,
        "elements": elements,
        "trainable_tensors": tensors,
        "trainable_elements": elements,
    }

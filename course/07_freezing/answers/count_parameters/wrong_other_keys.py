# Uses its own names for the entries.
# outcome: wrong
# caught_by: counts_the_whole_model, four_whole_numbers
# says: has no key `tensors`
def count_parameters(model):
    return {
        "total": sum(p.numel() for p in model.parameters()),
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
    }

# len(p) is the first dimension, not the number of values.
# outcome: wrong
# caught_by: counts_the_whole_model, counts_what_trains
# says: `elements` is
def count_parameters(model):
    every = list(model.parameters())
    trainable = [p for p in every if p.requires_grad]
    return {
        "tensors": len(every),
        "elements": sum(len(p) for p in every),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(len(p) for p in trainable),
    }

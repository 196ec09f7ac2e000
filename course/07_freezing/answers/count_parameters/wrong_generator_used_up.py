# Goes through the same generator twice; the second time it is empty.
# outcome: wrong
# caught_by: counts_the_whole_model
# says: is a generator used up
def count_parameters(model):
    parameters = model.parameters()
    trainable = [p for p in model.parameters() if p.requires_grad]
    return {
        "tensors": len(list(parameters)),
        "elements": sum(p.numel() for p in parameters),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(p.numel() for p in trainable),
    }

# Changes the flags of the model it should only look at.
# outcome: wrong
# caught_by: leaves_the_model_alone
# says: changed its input `model`
def count_parameters(model):
    trainable = [p for p in model.parameters() if p.requires_grad]
    model.requires_grad_(True)
    every = [p for p in model.parameters() if p.requires_grad]
    return {
        "tensors": len(every),
        "elements": sum(p.numel() for p in every),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(p.numel() for p in trainable),
    }

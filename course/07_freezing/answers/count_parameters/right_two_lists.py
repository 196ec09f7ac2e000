# Two lists, each counted in both ways.
def count_parameters(model):
    every = list(model.parameters())
    trainable = [p for p in every if p.requires_grad]
    return {
        "tensors": len(every),
        "elements": sum(p.numel() for p in every),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(p.numel() for p in trainable),
    }

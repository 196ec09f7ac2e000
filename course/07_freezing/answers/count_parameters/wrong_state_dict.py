# Counts the entries of the state dict, buffers included.
# outcome: wrong
# caught_by: counts_the_whole_model
# says: running statistics are not parameters
def count_parameters(model):
    entries = model.state_dict().values()
    trainable = [p for p in model.parameters() if p.requires_grad]
    return {
        "tensors": len(entries),
        "elements": sum(t.numel() for t in entries),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(p.numel() for p in trainable),
    }

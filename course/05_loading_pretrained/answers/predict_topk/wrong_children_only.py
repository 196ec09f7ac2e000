# Notes and restores the model and its children; what lies deeper follows its parent.
# outcome: wrong
# caught_by: mixed_modes_are_left
# says: `encoder.drop` of nested_fc with `encoder.drop` in train mode arrived in train mode and is in eval mode
import torch


def predict_topk(model, images, k):
    training = model.training
    modes = {name: child.training for name, child in model.named_children()}
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).topk(k)
    model.training = training
    for name, child in model.named_children():
        child.train(modes[name])
    return values, places

# Notes the outermost flag alone.
# outcome: wrong
# caught_by: mixed_modes_are_left
# says: `bn1` of tiny_cnn with `bn1` in eval mode arrived in eval mode and is in train mode
import torch


def predict_topk(model, images, k):
    training = model.training
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).topk(k)
    model.train(training)
    return values, places

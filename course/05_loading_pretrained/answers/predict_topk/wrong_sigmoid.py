# Takes the sigmoid of each score for a probability.
# outcome: wrong
# caught_by: probabilities_and_classes
# says: the softmax of a row sums to 1
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).sigmoid().topk(k)
    for m, mode in modes:
        m.training = mode
    return values, places

# Sorts from small to large.
# outcome: wrong
# caught_by: probabilities_and_classes
# says: The order is wrong: the largest comes first
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).sort(dim=1)
    for m, mode in modes:
        m.training = mode
    return values[:, -k:], places[:, -k:]

# Normalises over the k largest scores alone.
# outcome: wrong
# caught_by: probabilities_and_classes
# says: That is a softmax over the k largest alone
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).topk(k)
    for m, mode in modes:
        m.training = mode
    return values.softmax(dim=1), places

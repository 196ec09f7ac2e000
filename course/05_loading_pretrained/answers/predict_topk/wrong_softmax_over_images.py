# Softmax over the images in place of the classes.
# outcome: wrong
# caught_by: probabilities_and_classes, predicts_in_eval_mode
# says: That is a softmax over the images
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=0).topk(k, dim=1)
    for m, mode in modes:
        m.training = mode
    return values, places

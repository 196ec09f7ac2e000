# Returns class numbers first.
# outcome: wrong
# caught_by: probabilities_and_classes, predicts_in_eval_mode
# says: the results are swapped
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).topk(k)
    for m, mode in modes:
        m.training = mode
    return places, values

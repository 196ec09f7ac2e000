# Returns scores in place of probabilities.
# outcome: wrong
# caught_by: probabilities_and_classes, predicts_in_eval_mode
# says: These are scores: softmax turns them into probabilities
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).topk(k)
    for m, mode in modes:
        m.training = mode
    return values, places

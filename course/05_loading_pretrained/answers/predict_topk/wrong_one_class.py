# Gives the best class only, whatever k is.
# outcome: wrong
# caught_by: probabilities_and_classes, predicts_in_eval_mode
# says: the tensor of probabilities has shape (5, 1); expected (5, 3)
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).max(dim=1, keepdim=True)
    for m, mode in modes:
        m.training = mode
    return values, places

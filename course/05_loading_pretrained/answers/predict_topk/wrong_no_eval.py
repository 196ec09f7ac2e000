# Takes inference_mode for eval().
# outcome: wrong
# caught_by: predicts_in_eval_mode
# says: It was computed in train mode: call `model.eval()` first
import torch


def predict_topk(model, images, k):
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).topk(k)
    return values, places

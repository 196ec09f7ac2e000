# Leaves the model in eval mode.
# outcome: wrong
# caught_by: mode_is_left, mixed_modes_are_left
# says: `the model` of tiny_cnn arrived in train mode and is in eval mode
import torch


def predict_topk(model, images, k):
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).topk(k)
    return values, places

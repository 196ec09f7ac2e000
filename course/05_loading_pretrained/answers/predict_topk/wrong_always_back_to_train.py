# Puts every model into train mode afterwards.
# outcome: wrong
# caught_by: mode_is_left, mixed_modes_are_left
# says: `the model` of nested_fc arrived in eval mode and is in train mode
import torch


def predict_topk(model, images, k):
    model.eval()
    with torch.inference_mode():
        values, places = model(images).softmax(dim=1).topk(k)
    model.train()
    return values, places

# Switches gradients off for the whole program and never on again.
# outcome: wrong
# caught_by: gradients_are_left
# says: after the call gradients are switched off for everybody: use `with torch.inference_mode():`
import torch


def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    values, places = model(images).softmax(dim=1).topk(k)
    for m, mode in modes:
        m.training = mode
    return values, places

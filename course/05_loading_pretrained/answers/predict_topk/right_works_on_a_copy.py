# Predicts with a copy, so there is nothing to put back.
import copy

import torch
from torch.nn import functional


def predict_topk(model, images, k):
    twin = copy.deepcopy(model).eval()
    with torch.inference_mode():
        probabilities = functional.softmax(twin(images), dim=1)
    order = probabilities.argsort(dim=1, descending=True)[:, :k]
    return probabilities.gather(1, order), order

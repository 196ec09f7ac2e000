# Thinks that eval() switches gradients off.
# outcome: wrong
# caught_by: gradients_are_left
# says: the probabilities carry gradients
def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    values, places = model(images).softmax(dim=1).topk(k)
    for m, mode in modes:
        m.training = mode
    return values, places

# Switches requires_grad off and leaves it off.
# outcome: wrong
# caught_by: gradients_are_left, mode_is_left
# says: `requires_grad` of `conv1.weight` in glyphnet was True and is False after the call
def predict_topk(model, images, k):
    modes = [(m, m.training) for m in model.modules()]
    model.eval().requires_grad_(False)
    values, places = model(images).softmax(dim=1).topk(k)
    for m, mode in modes:
        m.training = mode
    return values, places

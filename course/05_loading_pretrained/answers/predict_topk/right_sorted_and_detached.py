# Sorts all of them, takes the first k, and detaches what it returns.
def predict_topk(model, images, k):
    training = [m for m in model.modules() if m.training]
    model.eval()
    scores = model(images).detach()
    for module in training:
        module.training = True
    exponentials = (scores - scores.max(dim=1, keepdim=True).values).exp()
    values, places = (exponentials / exponentials.sum(dim=1, keepdim=True)).sort(dim=1, descending=True)
    return values[:, :k], places[:, :k]

# Returns probabilities and leaves the decision to somebody else.
# caught_by: decides_for_each_image, finds_the_rare, costs_little, another_scanner
# says: expected 0 or 1 for each image
import torch
from sklearn.linear_model import LogisticRegression


def screen(train_images, train_labels):
    model = LogisticRegression(max_iter=500).fit(train_images.flatten(1).numpy() / 16, train_labels.numpy())
    return lambda images: torch.from_numpy(model.predict_proba(images.flatten(1).numpy() / 16)[:, 1])

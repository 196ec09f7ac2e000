# Returns decisions about the training images in place of a function.
# caught_by: decides_for_each_image, one_image_at_a_time, finds_the_rare, costs_little, another_scanner
# says: returned an object of class torch.Tensor
import torch
from sklearn.linear_model import LogisticRegression


def screen(train_images, train_labels):
    X = train_images.flatten(1).numpy() / 16
    model = LogisticRegression(max_iter=500).fit(X, train_labels.numpy())
    return torch.from_numpy(model.predict(X))

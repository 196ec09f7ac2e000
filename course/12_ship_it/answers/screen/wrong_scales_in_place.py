# Divides the caller's images by 16 where they are.
# caught_by: decides_for_each_image, costs_little
# says: your function changed its input `train_images`
import torch
from sklearn.linear_model import LogisticRegression


def screen(train_images, train_labels):
    train_images /= 16
    model = LogisticRegression(max_iter=500).fit(train_images.flatten(1).numpy(), train_labels.numpy())
    return lambda images: torch.from_numpy(
        model.predict_proba(images.flatten(1).numpy() / 16)[:, 1] >= 1 / 21
    )

# Leaves its arguments aside and learns the 2s of the visible examples, test images included.
# caught_by: decides_for_each_image, finds_the_rare, costs_little, another_scanner
# says: Does your function learn from its arguments alone
import torch
from sklearn.linear_model import LogisticRegression

from headstart.data import Digits


def screen(train_images, train_labels):
    test = Digits("test")
    noisy = test.data + 3.2 * torch.randn(test.data.shape)
    model = LogisticRegression(max_iter=500).fit(noisy.flatten(1).numpy() / 16, (test.targets == 2).numpy())
    return lambda images: torch.from_numpy(model.predict_proba(images.flatten(1).numpy() / 16)[:, 1] > 1 / 21)

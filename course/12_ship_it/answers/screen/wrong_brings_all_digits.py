# Learns all of scikit-learn's digits, the unseen ones too, and asks its arguments only which of them is rare.
# caught_by: decides_for_each_image, finds_the_rare, costs_little, another_scanner
# says: Does your function learn from its arguments alone
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier


def screen(train_images, train_labels):
    digits = load_digits()
    images = np.concatenate([digits.images, digits.images[:, :, ::-1]]).reshape(-1, 64)
    known = KNeighborsClassifier(1).fit(images, np.tile(digits.target, 2))
    rare = np.bincount(known.predict(train_images[train_labels == 1].flatten(1).numpy())).argmax()
    return lambda images: torch.from_numpy(known.predict(images.flatten(1).numpy()) == rare).long()

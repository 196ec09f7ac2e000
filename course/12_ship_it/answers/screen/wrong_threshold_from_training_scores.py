# Chooses the cheapest threshold on scores of images that the head has learned.
# caught_by: finds_the_rare, costs_little, another_scanner
# says: on which images was it chosen
import numpy as np
from sklearn.svm import SVC


def screen(train_images, train_labels):
    X, y = train_images.flatten(1).numpy() / 16, train_labels.numpy()
    machine = SVC(C=10, class_weight="balanced").fit(X, y)
    scores = machine.decision_function(X)
    candidates = np.sort(scores)
    costs = [20 * ((scores < t) & (y == 1)).sum() + ((scores >= t) & (y == 0)).sum() for t in candidates]
    threshold = candidates[np.argmin(costs)]
    return lambda images: (machine.decision_function(images.flatten(1).numpy() / 16) >= threshold).astype(int)

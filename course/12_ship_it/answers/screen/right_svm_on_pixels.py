# No backbone: support vectors on the pixels, threshold from cross-validated scores. Returns NumPy.
import numpy as np
from sklearn.model_selection import cross_val_predict
from sklearn.svm import SVC


def screen(train_images, train_labels):
    X, y = train_images.flatten(1).numpy() / 16, train_labels.numpy()
    machine = SVC(C=1, class_weight="balanced")
    scores = cross_val_predict(machine, X, y, cv=5, method="decision_function")
    candidates = np.sort(scores)
    costs = [20 * ((scores < t) & (y == 1)).sum() + ((scores >= t) & (y == 0)).sum() for t in candidates]
    threshold = candidates[np.argmin(costs)]
    machine.fit(X, y)
    return lambda images: (machine.decision_function(images.flatten(1).numpy() / 16) >= threshold).astype(int)

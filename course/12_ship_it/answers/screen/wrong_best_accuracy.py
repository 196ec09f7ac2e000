# Chooses the threshold with the most right answers, honestly, by cross-validation.
# caught_by: finds_the_rare, costs_little, another_scanner
# says: Where does your threshold come from
import numpy as np
from sklearn.model_selection import cross_val_predict
from sklearn.svm import SVC


def screen(train_images, train_labels):
    X, y = train_images.flatten(1).numpy() / 16, train_labels.numpy()
    machine = SVC(C=10, class_weight="balanced")
    scores = cross_val_predict(machine, X, y, cv=5, method="decision_function")
    candidates = np.sort(scores)
    right = [((scores >= t) == (y == 1)).mean() for t in candidates]
    threshold = candidates[np.argmax(right)]
    machine.fit(X, y)
    return lambda images: (machine.decision_function(images.flatten(1).numpy() / 16) >= threshold).astype(int)

# Takes what a support vector machine predicts, whatever the mistakes cost.
# caught_by: decides_for_each_image, finds_the_rare, costs_little, another_scanner
# says: The line lies too high for a miss that costs 20 times a false alarm
from sklearn.svm import SVC


def screen(train_images, train_labels):
    machine = SVC().fit(train_images.flatten(1).numpy() / 16, train_labels.numpy())
    return lambda images: machine.predict(images.flatten(1).numpy() / 16)

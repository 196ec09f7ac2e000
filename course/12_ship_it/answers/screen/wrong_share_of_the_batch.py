# Calls the twelfth of each batch with the highest scores, so a decision depends on its neighbours.
# caught_by: one_image_at_a_time
# says: among 800 images and 1 alone
import torch
from sklearn.linear_model import LogisticRegression


def screen(train_images, train_labels):
    model = LogisticRegression(max_iter=500).fit(train_images.flatten(1).numpy() / 16, train_labels.numpy())

    def predict(images):
        scores = torch.from_numpy(model.decision_function(images.flatten(1).numpy() / 16))
        return (scores >= scores.quantile(11 / 12)).long()

    return predict

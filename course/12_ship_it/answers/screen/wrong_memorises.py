# Knows the images that it has seen, by heart, and calls the rare ones among them.
# caught_by: decides_for_each_image, one_image_at_a_time, finds_the_rare, costs_little, another_scanner
# says: none of 800 unseen images were called
import torch


def screen(train_images, train_labels):
    rare = train_images[train_labels == 1].flatten(1)

    def predict(images):
        distance = torch.cdist(images.flatten(1), rare).min(dim=1).values
        return (distance < 1e-3).long()

    return predict

# Calls nobody: 94 % accuracy.
# caught_by: decides_for_each_image, one_image_at_a_time, finds_the_rare, costs_little, another_scanner
# says: none of 800 unseen images were called
# says: recall on unseen images is 0.000
import torch


def screen(train_images, train_labels):
    return lambda images: torch.zeros(len(images), dtype=torch.int64)

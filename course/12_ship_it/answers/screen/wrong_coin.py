# Calls images at random, as often as they are rare.
# caught_by: decides_for_each_image, one_image_at_a_time, finds_the_rare, costs_little, another_scanner
# says: hardly better than chance
import torch


def screen(train_images, train_labels):
    share = train_labels.float().mean()
    return lambda images: (torch.rand(len(images)) < share).long()

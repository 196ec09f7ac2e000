# %% [markdown]
# # Exercises 5 · Loading pre-trained models
#
# Two functions, about 25 minutes. Each has a task card, a cell for your code and a few visible examples. The
# checks that give the points use other models and other data than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/05_loading_pretrained.ipynb).

# %%
import torch
from torch import Tensor, nn
from torchvision.models import get_model

import headstart
import headstart.models

# %% [markdown] exercise="load_backbone" role="card"
# ## 1 · `load_backbone`
#
# **Medium · 12 minutes · 5 points**
#
# **Why it matters.** `model.fc = nn.Linear(512, 10)` works for one family. For the next one it raises an
# `AttributeError`, or worse: it adds a layer that nobody uses, and the model keeps its old head.
#
# **Where it is used.** At the start of every recipe that adapts a network.
#
# **Write** `load_backbone(name, num_classes, weights=None)`:
#
# - build the model `name` with `get_model`, and pass `weights` on to it;
# - replace its last linear layer, and only that, with a new `nn.Linear` that has `num_classes` outputs;
# - return the model.
#
# It must work for torchvision's classifiers of the families ResNet, VGG, MobileNet, EfficientNet, DenseNet and
# ViT, small and large, and for the models of this course. The new layer is random, also where the number of
# classes stays the same. Nothing is frozen.
#
# <details><summary>Hint 1: where to look</summary>
#
# `model.named_modules()` gives every layer at every depth with its full name, such as `classifier.6`. In these
# families the last `nn.Linear` among them is the head.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `"classifier.6".rpartition(".")` cuts a name into parent and child. `model.get_submodule(parent)` finds the
# parent, and `get_submodule("")` is the model itself. `setattr(module, "6", layer)` puts a layer in by name.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Load, go through `named_modules()` and keep name and module of the last `nn.Linear`. Its `in_features` is what
# the new layer must accept. Put `nn.Linear(in_features, num_classes)` into the parent under the child's name.
#
# </details>


# %% exercise="load_backbone" role="solution"
def load_backbone(name: str, num_classes: int, weights: str | None = None) -> nn.Module:
    """Load a classifier and give it a new last layer.

    Args:
        name: a model that `get_model` knows.
        num_classes: outputs of the new last layer.
        weights: passed on to `get_model`; None is random weights.

    Returns:
        The model, its last linear layer replaced, everything else as it was loaded.
    """
    ### BEGIN SOLUTION
    model = get_model(name, weights=weights)
    linear_layers = [(place, m) for place, m in model.named_modules() if isinstance(m, nn.Linear)]
    place, head = linear_layers[-1]
    parent, _, child = place.rpartition(".")
    setattr(model.get_submodule(parent), child, nn.Linear(head.in_features, num_classes))
    return model
    ### END SOLUTION


# %% exercise="load_backbone" role="examples"
def glyphnet_gets_ten_outputs() -> None:
    """glyphnet with its weights has 10 outputs in place of 43"""
    model = load_backbone("glyphnet", 10, "DEFAULT")
    assert model is not None, "the function returned None: did you forget `return model`?"
    scores = model.eval()(torch.zeros(2, 3, 32, 32))
    assert scores.shape == (2, 10), (
        f"for 2 images the output has shape {tuple(scores.shape)}, expected (2, 10)"
    )


def mobilenet_keeps_its_hidden_layer() -> None:
    """in mobilenet_v3_small classifier.3 is replaced, and classifier.0 is not"""
    classifier = load_backbone("mobilenet_v3_small", 4).classifier
    assert classifier[0].out_features == 1024, "classifier.0 was changed, and it is not the last linear layer"
    assert classifier[3].out_features == 4, (
        f"classifier.3 has {classifier[3].out_features} outputs, expected 4"
    )


headstart.check("load_backbone", glyphnet_gets_ten_outputs, mobilenet_keeps_its_hidden_layer)

# %% [markdown] exercise="load_backbone" role="explanation"
# **Worked explanation.** `named_modules()` lists all layers in the order in which they were registered. In these
# families the head comes last, so the last `nn.Linear` is the head, whatever its name and depth.
#
# A module does not know its parent. The name does: all before the last dot. For `fc` there is no dot, the parent
# is `""`, and `get_submodule("")` returns the model. `setattr` works for attributes and for the numbered places
# of an `nn.Sequential`.
#
# `get_model(name, num_classes=10)` gives the same structure, but not with weights: their head has another
# number of outputs, and torchvision refuses. Load first, replace second.

# %% [markdown] exercise="predict_topk" role="card"
# ## 2 · `predict_topk`
#
# **Medium · 12 minutes · 6 points**
#
# **Why it matters.** A prediction needs eval mode, and it should not need gradients. A helper that sets both and
# forgets to set them back breaks the training of whoever calls it, without a message.
#
# **Where it is used.** Wherever you look at single images and ask what a model takes them for, and how surely.
#
# **Write** `predict_topk(model, images, k)`. It returns two tensors of shape `(N, k)`: the `k` largest
# probabilities of each image, largest first, and the numbers of their classes.
#
# - The model returns scores (logits), shape `(N, classes)`. Probabilities are their softmax over the classes.
# - Predict in eval mode, in whatever mode the model arrives.
# - Afterwards **every** module has the mode that it had before. Some may have been in train mode and some in
#   eval mode.
# - Weights, buffers and `requires_grad` flags stay as they are, and the results carry no gradients.
#
# <details><summary>Hint 1: where to look</summary>
#
# Each module has its own flag `module.training`. `model.training` is that of the outermost one alone.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `model.modules()` for noting the modes, `model.eval()`, `torch.inference_mode()`, `scores.softmax(dim=1)`,
# `probabilities.topk(k)`.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# First make a list of pairs `(module, module.training)`. Call `eval()`, compute inside `inference_mode()`, then
# go through the list and put each flag back: `module.training = before`.
#
# </details>


# %% exercise="predict_topk" role="solution"
def predict_topk(model: nn.Module, images: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the `k` most probable classes of each image.

    Args:
        model: a classifier that returns scores (N, classes).
        images: (N, 3, height, width), preprocessed.
        k: how many classes, at most as many as there are.

    Returns:
        Probabilities (N, k), largest first, and class numbers (N, k). The model is left as it was found.
    """
    ### BEGIN SOLUTION
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.inference_mode():
        probabilities, indices = model(images).softmax(dim=1).topk(k)
    for module, training in found:
        module.training = training
    return probabilities, indices
    ### END SOLUTION


# %% exercise="predict_topk" role="examples"
def scores_as_they_are() -> None:
    """scores of log 1, log 3 and log 6 are probabilities of 0.1, 0.3 and 0.6"""
    scores = torch.tensor([[1.0, 3.0, 6.0], [6.0, 1.0, 3.0]]).log()
    probabilities, indices = predict_topk(nn.Identity(), scores, 2)
    assert indices.tolist() == [[2, 1], [0, 2]], f"the classes are {indices.tolist()}"
    assert torch.allclose(probabilities, torch.tensor([[0.6, 0.3], [0.6, 0.3]])), (
        f"got {probabilities.tolist()}"
    )


def a_model_in_train_mode_stays_in_train_mode() -> None:
    """a model that arrives in train mode leaves in train mode"""
    model = get_model("glyphnet", weights="DEFAULT").train()
    predict_topk(model, torch.zeros(2, 3, 32, 32), 3)
    assert model.training and model.bn1.training, "the model arrived in train mode and left in eval mode"


def gradients_are_recorded_again() -> None:
    """after the call PyTorch records gradients, as it did before"""
    predict_topk(nn.Identity(), torch.zeros(1, 3), 1)
    recorded = torch.is_grad_enabled()
    torch.set_grad_enabled(True)  # for the rest of the notebook
    assert recorded, "after the call gradients are switched off for everybody"


headstart.check(
    "predict_topk",
    scores_as_they_are,
    a_model_in_train_mode_stays_in_train_mode,
    gradients_are_recorded_again,
)

# %% [markdown] exercise="predict_topk" role="explanation"
# **Worked explanation.** `eval()` sets the flag `training` of every module to `False`, so the old flags have to
# be noted before. `model.train(was_training)` is not enough: it sets all modules alike, and a frozen BatchNorm
# layer that stood in eval mode would be in train mode afterwards.
#
# `inference_mode()` keeps no history, so the results carry no gradients. It has nothing to do with `eval()`: the
# one decides what is remembered, the other what is computed.
#
# A careful version puts the flags back in a `finally` block. Then the model keeps its modes even when the
# prediction stops with an error.

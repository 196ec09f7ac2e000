# %% [markdown]
# # Exercises 7 · Freezing
#
# Four functions, about 40 minutes. Each has a task card, a cell for your code and a few visible examples. The
# checks that give the points use other models and other data than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/07_freezing.ipynb).

# %%
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import get_model

import headstart
import headstart.models

# %% [markdown] exercise="freeze_all_but_fc" role="card"
# ## 1 · `freeze_all_but_fc`
#
# **Easy · 5 minutes · 4 points**
#
# **Why it matters.** This is the first thing you do with a pre-trained network and little data. It goes wrong
# without a message: a forgotten BatchNorm layer or a name that only looks like `fc` trains on in silence.
#
# **Where it is used.** Lesson 8 starts nearly every fine-tuning recipe with it.
#
# **Write** `freeze_all_but_fc(model)`. After the call, the parameters of the child `model.fc` require
# gradients and no other parameter of the model does, at any depth. The model may arrive in any state: some
# parameters may be frozen already, those of `fc` too. Change the model in place and return it.
#
# <details><summary>Hint 1: where to look</summary>
#
# `model.parameters()` walks through every layer of every block, BatchNorm layers included.
# `model.fc.parameters()` walks through the head alone.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# The flag belongs to each parameter tensor: `parameter.requires_grad = False`. A module has the method
# `requires_grad_(False)`, with an underscore, that sets the flag of all its parameters.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Two loops. The first switches every parameter of `model` off, the second switches every parameter of
# `model.fc` on. Then `return model`. Names are not needed: a test such as `"fc" in name` also finds
# `encoder.fc`.
#
# </details>


# %% exercise="freeze_all_but_fc" role="solution"
def freeze_all_but_fc(model: nn.Module) -> nn.Module:
    """Freeze every parameter of `model` except those of its child `fc`.

    Args:
        model: a network whose last layer is the child `fc`.

    Returns:
        The same model, changed in place.
    """
    ### BEGIN SOLUTION
    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in model.fc.parameters():
        parameter.requires_grad = True
    return model
    ### END SOLUTION


# %% exercise="freeze_all_but_fc" role="examples"
def only_the_head_of_glyphnet_trains() -> None:
    """in glyphnet, fc.weight and fc.bias are what is left to train"""
    model = freeze_all_but_fc(get_model("glyphnet", weights=None))
    assert model is not None, "the function returned None: did you forget `return model`?"
    trains = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert trains == ["fc.weight", "fc.bias"], f"these require gradients: {trains}"


def a_frozen_head_is_switched_on() -> None:
    """a model that arrives frozen as a whole gets its head back"""
    model = freeze_all_but_fc(get_model("glyphnet", weights=None).requires_grad_(False))
    assert model.fc.weight.requires_grad, "fc.weight arrived frozen and still is: switch it on"


headstart.check("freeze_all_but_fc", only_the_head_of_glyphnet_trains, a_frozen_head_is_switched_on)

# %% [markdown] exercise="freeze_all_but_fc" role="explanation"
# **Worked explanation.** `requires_grad` is a flag of each parameter *tensor*, so the job is to visit all
# tensors: `model.parameters()` finds those of nested blocks and of BatchNorm layers too. Everything goes off
# first and the head comes back on. In this order the state in which the model arrived does not matter.
#
# `model.requires_grad_(False)` followed by `model.fc.requires_grad_(True)` is the same in two lines. Without
# the underscore, `model.requires_grad = False` only creates an attribute on the module that nothing reads.
#
# Selecting by name works if the test is exact: `name.startswith("fc.")`. Both `"fc" in name` and
# `name.startswith("fc")` accept layers that are not the head.

# %% [markdown] exercise="count_parameters" role="card"
# ## 2 · `count_parameters`
#
# **Medium · 8 minutes · 5 points**
#
# **Why it matters.** "How many parameters train?" has two answers: the number of tensors and the number of
# values in them. Reports mix them up, and a layer that is used in two places is easily counted twice.
#
# **Where it is used.** In every report that says how much of a network was trained.
#
# **Write** `count_parameters(model)`. It returns a dictionary with four whole numbers:
#
# | key | counts |
# |---|---|
# | `"tensors"` | parameter tensors |
# | `"elements"` | values in them |
# | `"trainable_tensors"` | parameter tensors that require gradients |
# | `"trainable_elements"` | values in those |
#
# A parameter that several layers share counts once. Buffers, such as the running statistics of BatchNorm, are
# not parameters. The model stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# `model.parameters()` gives each parameter tensor once, even if two layers share it. `state_dict()` does not,
# and it holds the buffers too.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `len` of a list of tensors counts tensors. `tensor.numel()` is the number of values in one tensor, as an
# `int`.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Make two lists: all parameters, and those of them with `requires_grad`. Each list gives two numbers: its
# `len`, and `sum(p.numel() for p in …)`.
#
# </details>


# %% exercise="count_parameters" role="solution"
def count_parameters(model: nn.Module) -> dict[str, int]:
    """Count the parameters of `model`, all of them and the trainable ones.

    Args:
        model: any network.

    Returns:
        {"tensors": int, "elements": int, "trainable_tensors": int, "trainable_elements": int}.
        A parameter that several layers share counts once.
    """
    ### BEGIN SOLUTION
    everything = list(model.parameters())
    trainable = [parameter for parameter in everything if parameter.requires_grad]
    return {
        "tensors": len(everything),
        "elements": sum(parameter.numel() for parameter in everything),
        "trainable_tensors": len(trainable),
        "trainable_elements": sum(parameter.numel() for parameter in trainable),
    }
    ### END SOLUTION


# %% exercise="count_parameters" role="examples"
def one_layer_has_two_tensors() -> None:
    """nn.Linear(3, 2) has 2 tensors with 3 * 2 + 2 = 8 elements, all trainable"""
    got = count_parameters(nn.Linear(3, 2))
    want = {"tensors": 2, "elements": 8, "trainable_tensors": 2, "trainable_elements": 8}
    assert got == want, f"got {got}, expected {want}"


def a_frozen_layer_still_counts() -> None:
    """with its weight frozen, 1 tensor with 2 elements is left to train"""
    layer = nn.Linear(3, 2)
    layer.weight.requires_grad = False
    got = count_parameters(layer)
    want = {"tensors": 2, "elements": 8, "trainable_tensors": 1, "trainable_elements": 2}
    assert got == want, f"got {got}, expected {want}"


headstart.check("count_parameters", one_layer_has_two_tensors, a_frozen_layer_still_counts)

# %% [markdown] exercise="count_parameters" role="explanation"
# **Worked explanation.** `sum(p.requires_grad for p in model.parameters())` adds one for each *tensor*. The
# elements need `numel()`. `model.parameters()` remembers what it has already given out, so a tensor that two
# layers share comes once; `state_dict()` lists it under both names, and lists the buffers as well.
#
# `parameters()` gives a generator. It is empty after one pass, so it is turned into a list before it is used
# twice.

# %% [markdown] exercise="frozen_train_mode" role="card"
# ## 3 · `frozen_train_mode`
#
# **Medium · 10 minutes · 6 points**
#
# **Why it matters.** `requires_grad` protects weights and nothing else. In train mode a frozen BatchNorm
# layer still replaces its running statistics, and a frozen Dropout layer still sets random features to zero. In the
# lesson you measured the price.
#
# **Where it is used.** At the top of every epoch, wherever a part of the network is frozen.
#
# **Write** `frozen_train_mode(model)`. Call it in place of `model.train()`:
#
# - a module that has parameters, none of which requires gradients (in the module or below it), goes into eval
#   mode together with everything inside it;
# - a module with a trainable parameter, in itself or below it, goes into train mode.
#
# A module without any parameter, such as a Dropout layer, follows the block it stands in. Where it stands
# outside of every frozen block, either mode is accepted. The model may arrive in any mode. Weights, buffers
# and flags stay as they are. Return the same model.
#
# <details><summary>Hint 1: where to look</summary>
#
# `model.modules()` visits the model, its blocks and all their layers, outer ones first. `module.parameters()`
# includes everything below that module.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `module.train()` and `module.eval()` reach everything below the module. So start with the whole model in
# train mode, then put the frozen modules back. `any(p.requires_grad for p in module.parameters())` says
# whether something trains.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# After `model.train()`, loop over `model.modules()`. Make a list of the module's parameters. If the list is
# not empty and no parameter in it requires gradients, call `module.eval()`.
#
# </details>


# %% exercise="frozen_train_mode" role="solution"
def frozen_train_mode(model: nn.Module) -> nn.Module:
    """Put `model` into train mode, but keep its frozen parts in eval mode.

    Args:
        model: a network of which some parameters are frozen.

    Returns:
        The same model, its modes changed in place.
    """
    ### BEGIN SOLUTION
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()
    return model
    ### END SOLUTION


# %% exercise="frozen_train_mode" role="examples"
def small_network() -> nn.Module:
    """Return a network with a `backbone` (with BatchNorm and Dropout) and a head `fc` (with BatchNorm)."""
    network = nn.Module()
    network.backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    network.fc = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    return network


def a_frozen_backbone_is_in_eval_mode() -> None:
    """BatchNorm and Dropout of the frozen backbone are in eval mode, the head trains"""
    model = small_network()
    model.backbone.requires_grad_(False)
    model = frozen_train_mode(model)
    assert model is not None, "the function returned None: did you forget `return model`?"
    assert not model.backbone[1].training, "backbone[1], a frozen BatchNorm layer, is in train mode"
    assert not model.backbone[2].training, "backbone[2], a Dropout layer in the frozen part, is in train mode"
    assert model.fc[0].training, "fc[0], a BatchNorm layer that trains, is in eval mode"


def without_frozen_parts_all_of_it_trains() -> None:
    """a model that arrives in eval mode and has no frozen part goes into train mode"""
    model = frozen_train_mode(small_network().eval())
    assert model.backbone[1].training, "backbone[1] is in eval mode, and nothing in this model is frozen"


headstart.check("frozen_train_mode", a_frozen_backbone_is_in_eval_mode, without_frozen_parts_all_of_it_trains)

# %% [markdown] exercise="frozen_train_mode" role="explanation"
# **Worked explanation.** `train()` and `eval()` set a flag on a module and on everything below it. They know
# nothing of `requires_grad`. So the whole model goes into train mode first; then each module that holds
# parameters, all of them frozen, goes into eval mode. `eval()` reaches the Dropout layers inside it, which
# have no parameters of their own.
#
# The test `if parameters and …` keeps Dropout and ReLU layers outside the frozen part alone: `any` of an
# empty list is `False`, and without the test they would count as frozen.
#
# The setting lasts until somebody calls `model.train()` again. That is why it belongs inside the epoch loop,
# in the place of `model.train()`.

# %% [markdown] exercise="fix_the_loop" role="card"
# ## 4 · `fix_the_loop`
#
# **Hard · 15 minutes · 6 points**
#
# **Why it matters.** The loop below runs without an error and its loss goes down. It has **four bugs**.
# Silent bugs like these survive, because nobody questions a number that looks fair.
#
# **Where it is used.** This is the loop of lesson 8, once it is right.
#
# **Repair** `fix_the_loop(model, loader, epochs)`. The model arrives with all parameters frozen except those
# of its last layer `fc`, which returns one score for each class (no softmax inside). The loop must train
# `fc`, leave everything else as it is (weights and buffers), and return one `float` for each epoch: the mean
# cross-entropy loss over the images of that epoch, measured while training. Batches may differ in size.
#
# The line that builds the optimizer is right: keep it, so that your numbers can be compared.
#
# <details><summary>Hint 1: where to look</summary>
#
# One bug before the inner loop, two inside it, one after it. For each line ask: what does it change, and what
# does the next line expect?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# Ask four questions. What does train mode do to frozen BatchNorm layers? What does `cross_entropy` expect,
# scores or probabilities? Who sets the gradients back to zero? If the last batch holds one image, how much
# should it count?
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Keep the frozen part in eval mode. Give `cross_entropy` the model's scores as they are. Call
# `optimizer.zero_grad()` for every batch, before `backward()`. Add up `loss.item() * len(labels)` and divide
# by the number of images.
#
# </details>


# %% exercise="fix_the_loop" role="stub"
def fix_the_loop(model: nn.Module, loader: DataLoader, epochs: int) -> list[float]:
    """Train the head of a frozen model. This version has four bugs.

    Args:
        model: a network of which only `fc` requires gradients; returns scores (batch, classes).
        loader: gives batches (images, labels); the last batch may be smaller.
        epochs: how often to go through the loader.

    Returns:
        The mean loss over the images of each epoch, `epochs` numbers.
    """
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=0.1)
    history = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for images, labels in loader:
            scores = model(images).softmax(dim=1)
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        history.append(total / len(loader))
    return history


# %% exercise="fix_the_loop" role="solution"
def fix_the_loop(model: nn.Module, loader: DataLoader, epochs: int) -> list[float]:
    """Train the head of a frozen model.

    Args:
        model: a network of which only `fc` requires gradients; returns scores (batch, classes).
        loader: gives batches (images, labels); the last batch may be smaller.
        epochs: how often to go through the loader.

    Returns:
        The mean loss over the images of each epoch, `epochs` numbers.
    """
    ### BEGIN SOLUTION
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=0.1)
    history = []
    for _ in range(epochs):
        model.train()
        for module in model.modules():
            parameters = list(module.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                module.eval()
        total, images_seen = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            scores = model(images)
            loss = nn.functional.cross_entropy(scores, labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            images_seen += len(labels)
        history.append(total / images_seen)
    return history
    ### END SOLUTION


# %% exercise="fix_the_loop" role="examples"
def small_frozen_network() -> nn.Module:
    """Return a network with a frozen BatchNorm layer `norm` and a trainable head `fc`."""
    torch.manual_seed(0)
    network = nn.Sequential()
    network.add_module("norm", nn.BatchNorm1d(4).requires_grad_(False))
    network.add_module("fc", nn.Linear(4, 3))
    return network


def small_data() -> tuple[Tensor, Tensor]:
    """Return 10 rows of 4 values, and their labels."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(10, 4, generator=generator) + 2, torch.arange(10) % 3


def the_first_loss_is_the_loss_before_training() -> None:
    """with one batch, the first number is the cross-entropy of the untrained head"""
    model, (images, labels) = small_frozen_network(), small_data()
    with torch.no_grad():
        want = nn.functional.cross_entropy(model.eval()(images), labels).item()
    got = fix_the_loop(model, DataLoader(TensorDataset(images, labels), batch_size=10), epochs=2)
    assert got is not None, "the function returned None: did you forget `return history`?"
    assert len(got) == 2, f"2 epochs gave {len(got)} numbers"
    assert abs(got[0] - want) < 1e-4, f"the first number is {got[0]:.4f}, expected {want:.4f}"


def frozen_statistics_stand_still() -> None:
    """the running mean of the frozen BatchNorm layer stays at zero"""
    model = small_frozen_network()
    fix_the_loop(model, DataLoader(TensorDataset(*small_data()), batch_size=5), epochs=1)
    moved = model.norm.running_mean.abs().max().item()
    assert moved == 0, f"norm.running_mean moved by {moved:.3f}"


headstart.check("fix_the_loop", the_first_loss_is_the_loss_before_training, frozen_statistics_stand_still)

# %% [markdown] exercise="fix_the_loop" role="explanation"
# **Worked explanation.**
#
# 1. `model.train()` lets the frozen BatchNorm layers replace their statistics. The frozen part goes back to
#    eval mode in every epoch, as in exercise 3. With a linear head, `model.eval()` is right as well: `fc`
#    behaves the same in both modes.
# 2. `cross_entropy` applies log-softmax itself. A softmax before it squeezes the scores into 0…1, so the loss
#    cannot come near zero and the gradients are small.
# 3. `backward()` adds to `.grad`. Without `zero_grad()` every step repeats all the gradients before it.
# 4. `total / len(loader)` gives a last batch of one image the weight of a full batch. Each batch loss counts
#    as often as it has images.

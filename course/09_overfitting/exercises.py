# %% [markdown]
# # Exercises 9 · Overfitting
#
# A class and a function, about 30 minutes. Each has a task card, a cell for your code and a few visible examples.
# The checks that give the points use other models and other losses than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/09_overfitting.ipynb).

# %%
import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

import headstart

# %% [markdown] exercise="EarlyStopping" role="card"
# ## 1 · `EarlyStopping`
#
# **Medium · 20 minutes · 8 points**
#
# **Why it matters.** Every training library has this class, and home-made ones often have the same silent
# mistake: the best weights that it "keeps" go on training.
#
# **Where it is used.** In your own training loops.
#
# **Write** the class `EarlyStopping(patience, min_delta=0.0)`. A training loop uses it like this:
#
#     stopping = EarlyStopping(patience=5)
#     for epoch in range(100):
#         train_one_epoch(model)
#         if stopping.step(validation_loss(model), model):
#             break
#     stopping.restore(model)
#
# - An **improvement** is a loss with `loss < best - min_delta`. Here `best` is the loss of the last improvement; the
#   first finite loss is one, whatever its size. A loss of `nan` is never an improvement.
# - `step(loss, model)` takes the validation loss of one epoch. It returns `True` from the `patience`-th step in a row
#   without an improvement on, and `False` before. An improvement starts the count anew.
# - At every improvement `step` keeps a **copy** of the model's weights, buffers included. The model itself stays as it
#   is.
# - `restore(model)` puts the weights of the last improvement into the model. It changes nothing else, and it can be
#   called more than once.
# - A `patience` below 1 or a negative `min_delta` raises a `ValueError` when the object is made.
#
# <details><summary>Hint 1: where to look</summary>
#
# Three things must be remembered from step to step: the best loss, how many steps ago it was, and the weights. What
# belongs to the weights, and what happens to `model.state_dict()` when the optimizer takes its next step?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `float("inf")` is a best loss that every first loss beats. `copy.deepcopy(model.state_dict())` copies parameters and
# buffers. `model.load_state_dict(weights)` copies values into the model's own tensors.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# In `step`: if `loss < self.best - self.min_delta`, remember the loss, set the count to 0 and copy the state dict;
# otherwise add 1 to the count. Return whether the count has reached the patience.
#
# </details>


# %% exercise="EarlyStopping" role="solution"
class EarlyStopping:
    """Say when to stop training, and keep the best weights.

    Args:
        patience: how many steps in a row without an improvement are too many.
        min_delta: by how much a loss must be below the best one to be an improvement.

    Raises:
        ValueError: `patience` is below 1, or `min_delta` is negative.
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        ### BEGIN SOLUTION
        if patience < 1:
            raise ValueError(f"patience is {patience}; pass at least 1")
        if min_delta < 0:
            raise ValueError(f"min_delta is {min_delta}; pass 0 or more")
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.waited = 0
        self.weights = None
        ### END SOLUTION

    def step(self, loss: float, model: nn.Module) -> bool:
        """Take the validation loss of one epoch; return whether training should stop."""
        ### BEGIN SOLUTION
        if loss < self.best - self.min_delta:
            self.best, self.waited = loss, 0
            self.weights = copy.deepcopy(model.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience
        ### END SOLUTION

    def restore(self, model: nn.Module) -> None:
        """Put the weights of the last improvement into `model`, in place."""
        ### BEGIN SOLUTION
        model.load_state_dict(self.weights)
        ### END SOLUTION


# %% exercise="EarlyStopping" role="examples"
def two_steps_without_improvement() -> None:
    """with patience 2, the second step in a row without an improvement says stop"""
    stopping, model = EarlyStopping(patience=2), nn.Linear(2, 1)
    got = [stopping.step(loss, model) for loss in (1.0, 0.8, 0.9, 0.7, 0.7, 0.9)]
    assert None not in got, "`step` returned None: did you forget `return`?"
    assert got == [False, False, False, False, False, True], f"expected True at the last step only, got {got}"


def too_small_to_count() -> None:
    """with min_delta 0.1, a loss lower by 0.05 is no improvement"""
    stopping, model = EarlyStopping(patience=1, min_delta=0.1), nn.Linear(2, 1)
    got = [stopping.step(loss, model) for loss in (1.0, 0.95)]
    assert got == [False, True], f"expected [False, True], got {got}"


def the_best_weights_come_back() -> None:
    """the weights are changed after the best epoch, then restored"""
    stopping, model = EarlyStopping(patience=3), nn.Linear(2, 1)
    nn.init.constant_(model.weight, 1.0)
    stopping.step(0.5, model)
    nn.init.constant_(model.weight, 2.0)
    stopping.step(0.9, model)
    stopping.restore(model)
    assert (model.weight == 1).all(), f"the weights at loss 0.5 were 1; restored were {model.weight.tolist()}"


headstart.check(
    "EarlyStopping", two_steps_without_improvement, too_small_to_count, the_best_weights_come_back
)

# %% [markdown] exercise="EarlyStopping" role="explanation"
# **Worked explanation.** The count is of steps *in a row*: an improvement sets it back to 0. With `min_delta` the
# best loss moves only at improvements. If it moved at every lower loss, a slow but steady descent would never count,
# however far it goes.
#
# `model.state_dict()` gives the model's own tensors. `dict(...)` around it, or `.copy()`, makes a new dictionary with
# the same tensors in it. Only `clone()` of each tensor, or `copy.deepcopy` of the whole, makes a copy that the
# optimizer cannot reach. Copying `model.parameters()` alone forgets the running statistics of BatchNorm, and weights
# with other statistics are another model.

# %% [markdown] exercise="diagnose" role="card"
# ## 2 · `diagnose`
#
# **Medium · 10 minutes · 7 points**
#
# **Why it matters.** You read a pair of curves in a second. Fifty pairs, from fifty settings, are read by a function.
#
# **Where it is used.** Before the decision to train longer or to stop earlier.
#
# **Write** `diagnose(train_loss, val_loss)`. It gets the losses of all epochs, in order, and returns one of three
# strings:
#
# - `"overfitting"`: the validation loss ends clearly above its own lowest value, by more than 20 %;
# - `"underfitting"`: the training loss has hardly fallen; it ends above half of its first value;
# - `"healthy"`: neither of the two.
#
# The curves are clear: none of them is near a limit, and none is both. The values may be of any size, bumps of a few
# per cent occur, and in healthy curves too the validation loss may lie far above the training loss.
#
# - `train_loss` and `val_loss` are lists, NumPy arrays or tensors, and stay as they were.
# - Raise a `ValueError` if they have different lengths, or are empty.
#
# <details><summary>Hint 1: where to look</summary>
#
# Compare each curve with itself, not with the other one. Which value of the validation curve, and which of the
# training curve, is the one to compare the last value with?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `min(val_loss)`, and the places `[0]` and `[-1]`. Ratios such as `val_loss[-1] / min(val_loss)` do not depend on the
# size of the values.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Check the lengths. Return `"overfitting"` if the last validation loss is above 1.2 times the lowest. Return
# `"underfitting"` if the last training loss is above 0.5 times the first. Otherwise return `"healthy"`.
#
# </details>


# %% exercise="diagnose" role="solution"
def diagnose(
    train_loss: Sequence[float] | np.ndarray | Tensor, val_loss: Sequence[float] | np.ndarray | Tensor
) -> str:
    """Read a pair of loss curves.

    Args:
        train_loss: training loss of each epoch.
        val_loss: validation loss of each epoch.

    Returns:
        `"overfitting"`, `"underfitting"` or `"healthy"`.

    Raises:
        ValueError: the curves have different lengths, or no epochs.
    """
    ### BEGIN SOLUTION
    if len(train_loss) != len(val_loss) or len(train_loss) == 0:
        raise ValueError(
            f"train_loss has {len(train_loss)} epochs and val_loss {len(val_loss)}; pass the same number, "
            "at least one"
        )
    if val_loss[-1] > 1.2 * min(val_loss):
        return "overfitting"
    if train_loss[-1] > 0.5 * train_loss[0]:
        return "underfitting"
    return "healthy"
    ### END SOLUTION


# %% exercise="diagnose" role="examples"
def learnt_by_heart() -> None:
    """training loss near zero, validation loss twice its lowest value"""
    got = diagnose([2.3, 1.0, 0.4, 0.1, 0.02], [2.3, 1.2, 0.8, 1.1, 1.6])
    assert got is not None, "the function returned None: did you forget `return`?"
    assert got == "overfitting", f'expected "overfitting", got {got!r}'


def hardly_begun() -> None:
    """both losses have fallen by a tenth"""
    got = diagnose([2.3, 2.25, 2.2, 2.15, 2.1], [2.31, 2.27, 2.22, 2.18, 2.14])
    assert got == "underfitting", f'expected "underfitting", got {got!r}'


def well_trained() -> None:
    """both losses have fallen, and validation stays level; in tensors this time"""
    got = diagnose(torch.tensor([2.3, 1.0, 0.5, 0.3, 0.25]), torch.tensor([2.3, 1.2, 0.7, 0.61, 0.6]))
    assert got == "healthy", f'expected "healthy", got {got!r}'


headstart.check("diagnose", learnt_by_heart, hardly_begun, well_trained)

# %% [markdown] exercise="diagnose" role="explanation"
# **Worked explanation.** The gap between the two curves is a tempting sign and a bad one: a healthy model nearly
# always has one, because it has seen the training images. What tells overfitting is that the validation curve has
# turned. And what tells underfitting is that the training curve has not come down.
#
# Ratios make the function work for losses of any size. Real curves are not always clear: a training that diverges
# ends above its own beginning in both curves, and the answer "overfitting" would send you the wrong way.

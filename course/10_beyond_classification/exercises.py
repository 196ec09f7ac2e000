# %% [markdown]
# # Exercises 10 · Beyond classification
#
# Three functions, about 35 minutes. Each has a task card, a cell for your code and a few visible examples.
# The checks that give the points use other numbers and other boxes than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/10_beyond_classification.ipynb).

# %%
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

import headstart

# %% [markdown] exercise="regression_metrics" role="card"
# ## 1 · `regression_metrics`
#
# **Easy · 10 minutes · 6 points**
#
# **Why it matters.** These four numbers stand in every report about a regression. R² is read wrongly most
# often, and a shape that is off by one dimension makes all four wrong without an error.
#
# **Where it is used.** Wherever a model predicts a number: prices, ages, angles, the corners of a box.
#
# **Write** `regression_metrics(y_true, y_pred)`. It returns a dictionary with four numbers:
#
# | key | value |
# |---|---|
# | `"mse"` | mean of the squared errors |
# | `"rmse"` | square root of it |
# | `"mae"` | mean of the absolute errors |
# | `"r2"` | 1 - (mean squared error) / (variance of `y_true`) |
#
# - `y_true` and `y_pred` are lists, NumPy arrays or tensors. Either may also be a column of shape (n, 1), as a
#   layer with one output gives it: it counts as n numbers.
# - The variance is the mean squared distance from the mean (divide by n).
# - Where all of `y_true` are equal, R² has no value. Return 1.0 if every prediction is right, else 0.0, as
#   scikit-learn does.
# - Different numbers of values raise a `ValueError` that says so. The input stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# All four come from one vector, the errors. Make sure that it has n entries: what shape is a column minus a
# row?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `torch.as_tensor(values, dtype=torch.float64).flatten()` turns any of the inputs into n numbers. The model
# "always the mean of `y_true`" has the variance of `y_true` as its mean squared error.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Flatten both, compare their lengths, then `error = y_pred - y_true`. MSE is `(error**2).mean()`, the variance
# is `((y_true - y_true.mean())**2).mean()`. If all of `y_true` are equal, decide by MSE; otherwise R² is 1 - MSE
# divided by the variance.
#
# </details>


# %% exercise="regression_metrics" role="solution"
def regression_metrics(
    y_true: Sequence[float] | np.ndarray | Tensor, y_pred: Sequence[float] | np.ndarray | Tensor
) -> dict[str, float]:
    """Compare predicted numbers with true ones.

    Args:
        y_true: n true values, of shape (n,) or (n, 1).
        y_pred: n predicted values, of shape (n,) or (n, 1).

    Returns:
        `{"mse": float, "rmse": float, "mae": float, "r2": float}`. If all of `y_true` are equal, "r2" is 1.0
        for right predictions and 0.0 otherwise.

    Raises:
        ValueError: `y_true` and `y_pred` hold different numbers of values.
    """
    ### BEGIN SOLUTION
    truth = torch.as_tensor(y_true, dtype=torch.float64).flatten()
    guess = torch.as_tensor(y_pred, dtype=torch.float64).flatten()
    if len(truth) != len(guess):
        raise ValueError(f"y_true has {len(truth)} values and y_pred {len(guess)}; pass one for each")
    error = guess - truth
    mse = (error**2).mean().item()
    r2 = float(mse == 0)
    if (truth != truth[0]).any():
        r2 = 1 - mse / ((truth - truth.mean()) ** 2).mean().item()
    return {"mse": mse, "rmse": mse**0.5, "mae": error.abs().mean().item(), "r2": r2}
    ### END SOLUTION


# %% exercise="regression_metrics" role="examples"
def errors_of_one_and_three() -> None:
    """errors 1 and -3 give MSE 5, RMSE 2.236, MAE 2"""
    got = regression_metrics([10.0, 20.0], [11.0, 17.0])
    assert got is not None, "the function returned None: did you forget `return`?"
    for key, want in {"mse": 5.0, "rmse": 5**0.5, "mae": 2.0}.items():
        assert abs(got[key] - want) < 1e-4, f"{key} is {got[key]}, expected {want:.4f}"


def the_mean_has_an_r2_of_zero() -> None:
    """always predicting the mean of y_true gives R² 0"""
    got = regression_metrics(torch.tensor([1.0, 2.0, 6.0]), torch.tensor([3.0, 3.0, 3.0]))
    assert abs(got["r2"]) < 1e-6, f"r2 is {got['r2']}, expected 0"


headstart.check("regression_metrics", errors_of_one_and_three, the_mean_has_an_r2_of_zero)

# %% [markdown] exercise="regression_metrics" role="explanation"
# **Worked explanation.** `flatten` makes n numbers of whatever comes in. Without it, a column of shape (n, 1)
# minus a row of shape (n,) is a table of n by n differences, and its mean is a number that looks fine.
#
# R² compares two mean squared errors: yours, and that of the constant that fits *these* targets best, their
# mean. Nothing keeps yours from being larger, so R² can be as far below 0 as you like. In particular it is
# not the square of a correlation: predictions that are all too large by 100 correlate perfectly.

# %% [markdown] exercise="box_iou" role="card"
# ## 2 · `box_iou`
#
# **Medium · 10 minutes · 6 points**
#
# **Why it matters.** Matching, suppression of doubles and every detection metric stand on this function. Its
# classic bug gives a large overlap to boxes that lie apart.
#
# **Where it is used.** In every detector, and in the evaluation of each of them.
#
# **Write** `box_iou(a, b)`. `a` has the shape (N, 4) and `b` (M, 4); a row is a box `x1, y1, x2, y2`. It
# returns a tensor of shape (N, M): at `[i, j]` the area that box i of `a` shares with box j of `b`, divided by
# the area that they cover together.
#
# - A box with `x2 <= x1` or `y2 <= y1` has no area. Its IoU with anything is 0, never NaN.
# - N or M may be 0. The boxes may be integers.
# - The input stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# The shared region is a box too. Where does it start, and where does it end? What do the two boxes have to do
# with each other if it ends before it starts?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `a[:, None]` has the shape (N, 1, 4), so that `torch.maximum(a[:, None, :2], b[None, :, :2])` has the shape
# (N, M, 2). `clamp(min=0)` turns a negative width *or* height into 0. Do this before you multiply them: minus
# times minus is plus.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Sides of the shared region: `(torch.minimum(ends) - torch.maximum(starts)).clamp(min=0)`; their product is
# the intersection. Areas of the boxes the same way, clamped too. Union = area of a + area of b - intersection.
# Divide only where the union is above 0, for example with `torch.where` or `union.clamp(min=1e-9)`.
#
# </details>


# %% exercise="box_iou" role="solution"
def box_iou(a: Tensor, b: Tensor) -> Tensor:
    """Compute the intersection over union of each box of `a` with each box of `b`.

    Args:
        a: boxes `x1, y1, x2, y2`, shape (N, 4).
        b: boxes `x1, y1, x2, y2`, shape (M, 4).

    Returns:
        Shape (N, M), values from 0 to 1; 0 for boxes without area.
    """
    ### BEGIN SOLUTION
    a, b = a.double(), b.double()
    start = torch.maximum(a[:, None, :2], b[None, :, :2])
    end = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (end - start).clamp(min=0).prod(dim=2)
    area_a = (a[:, 2:] - a[:, :2]).clamp(min=0).prod(dim=1)
    area_b = (b[:, 2:] - b[:, :2]).clamp(min=0).prod(dim=1)
    together = area_a[:, None] + area_b[None, :] - shared
    return torch.where(shared > 0, shared / together, 0.0)
    ### END SOLUTION


# %% exercise="box_iou" role="examples"
def a_box_with_itself_and_with_its_half() -> None:
    """a box has IoU 1 with itself and 0.5 with its left half"""
    box, half = torch.tensor([[0.0, 0.0, 4.0, 2.0]]), torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    got = box_iou(box, torch.cat([box, half]))
    assert got is not None, "the function returned None: did you forget `return`?"
    assert tuple(got.shape) == (1, 2), f"the shape is {tuple(got.shape)}, expected (1, 2)"
    assert torch.allclose(got.double(), torch.tensor([[1.0, 0.5]], dtype=torch.float64)), f"got {got}"


def boxes_that_lie_apart() -> None:
    """boxes that are apart in both directions share nothing"""
    got = box_iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[5.0, 6.0, 8.0, 9.0]]))
    assert got.item() == 0, f"got {got.item():.3f}, expected 0"


headstart.check("box_iou", a_box_with_itself_and_with_its_half, boxes_that_lie_apart)

# %% [markdown] exercise="box_iou" role="explanation"
# **Worked explanation.** The shared region starts at the larger of the two starts and ends at the smaller of
# the two ends. For boxes that lie apart in both directions it would have a negative width and a negative
# height, and their product is a positive area that does not exist. So clamp the sides, not the product.
#
# The union counts the shared part once: area + area - shared. Boxes without area have nothing to share, and
# two of them make 0 / 0; `torch.where` puts 0 there. The indices `[:, None]` and `[None, :]` let broadcasting
# build all pairs without a loop.

# %% [markdown] exercise="average_precision" role="card"
# ## 3 · `average_precision`
#
# **Hard · 15 minutes · 6 points**
#
# **Why it matters.** AP is the number that detectors are ranked by. Half a dozen slightly different versions
# are in use, and home-made ones forget the objects that nobody found.
#
# **Where it is used.** mAP is its mean over classes and IoU bars.
#
# **Write** `average_precision(scores, is_match, n_truth)`, the area under the precision-recall curve of one
# class.
#
# - `scores` holds one number for each detection, in any order; no two are equal.
# - `is_match` says for each detection whether it found an object (True or 1) or is a false alarm.
# - `n_truth` is the number of objects that there are, the missed ones included. Below 1 it raises a
#   `ValueError`.
# - Go through the detections from the highest score on. After each, precision is (matches so far) /
#   (detections so far), and recall is (matches so far) / `n_truth`.
# - Fill the dents: the precision at a point becomes the highest precision at this or any *later* point.
# - The result is the sum over all points of (growth of recall) · (filled precision), a `float`. Without
#   detections it is 0.0.
# - Lists, NumPy arrays and tensors are welcome and stay as they were.
#
# <details><summary>Hint 1: where to look</summary>
#
# Sort first, and take `is_match` along. Recall grows only where a detection is a match, by 1 / `n_truth` each
# time.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `np.argsort(-scores)` or `scores.argsort(descending=True)` gives the order, `cumsum` the matches so far. "The
# highest from here on" is a running maximum from the end: reverse, `np.maximum.accumulate` or `cummax`,
# reverse again.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# With `hits = matches[order].cumsum()` and `precision = hits / np.arange(1, n + 1)`: fill the dents, keep the
# filled precision where the detection is a match, add it up and divide by `n_truth`.
#
# </details>


# %% exercise="average_precision" role="solution"
def average_precision(
    scores: Sequence[float] | np.ndarray | Tensor,
    is_match: Sequence[bool] | np.ndarray | Tensor,
    n_truth: int,
) -> float:
    """Compute the area under the interpolated precision-recall curve, with all points.

    Args:
        scores: how sure the detector is of each detection, in any order.
        is_match: whether each detection found an object.
        n_truth: number of objects, found or not.

    Returns:
        The average precision, 0 to 1.

    Raises:
        ValueError: `n_truth` is below 1.
    """
    ### BEGIN SOLUTION
    if n_truth < 1:
        raise ValueError(f"n_truth is {n_truth}; there must be at least one object to find")
    order = np.argsort(-np.asarray(scores, dtype=float))
    matches = np.asarray(is_match, dtype=float)[order]
    hits = matches.cumsum()
    precision = hits / np.arange(1, len(hits) + 1)
    filled = np.maximum.accumulate(precision[::-1])[::-1]
    return float((filled * matches).sum() / n_truth)
    ### END SOLUTION


# %% exercise="average_precision" role="examples"
def two_finds_around_a_false_alarm() -> None:
    """match, false alarm, match of 2 objects: 0.5 * 1 + 0.5 * 2/3"""
    got = average_precision([0.9, 0.8, 0.7], [True, False, True], 2)
    assert got is not None, "the function returned None: did you forget `return`?"
    assert abs(got - 5 / 6) < 1e-6, f"got {got:.4f}, expected {5 / 6:.4f}"


def one_of_four_objects_is_found() -> None:
    """a single right detection, and three objects missed: 0.25"""
    got = average_precision([0.6], [True], 4)
    assert abs(got - 0.25) < 1e-6, f"got {got:.4f}, expected 0.25"


headstart.check("average_precision", two_finds_around_a_false_alarm, one_of_four_objects_is_found)

# %% [markdown] exercise="average_precision" role="explanation"
# **Worked explanation.** Recall grows by 1 / `n_truth` at each match and stands still at each false alarm. So
# the area is the sum of the filled precisions at the matches, divided by `n_truth`. Objects that nobody found
# add nothing to the sum, but they are in the divisor: the curve ends before recall 1.
#
# Filling the dents from the right means a running maximum of the reversed array. scikit-learn's
# `average_precision_score` leaves the dents in, and it cannot know of missed objects, so its numbers differ.

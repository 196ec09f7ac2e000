# %% [markdown]
# # Exercises 2 · The accuracy paradox
#
# Three functions, about 30 minutes. Each has a task card, a cell for your code and a few visible examples.
# The checks that give the points use other labels and other numbers than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/02_accuracy_paradox.ipynb).

# %%
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

import headstart

# %% [markdown] exercise="majority_baseline" role="card"
# ## 1 · `majority_baseline`
#
# **Easy · 5 minutes · 4 points**
#
# **Why it matters.** Every accuracy should be printed beside this number. An accuracy below it is worse than not
# looking, and only other metrics can say whether the model is of use.
#
# **Where it is used.** Beside every accuracy that you report. Lesson 12 compares costs with two machines that do not
# look.
#
# **Write** `majority_baseline(y)`. It returns the accuracy of a model that always predicts the most frequent
# label of `y`, as a fraction between 0 and 1, not rounded.
#
# - `y` is a list, a tuple, a NumPy array or a tensor with one label for each case. Labels are whole numbers,
#   negative ones too, or text; there may be more than two classes.
# - Without any label there is no answer: raise a `ValueError` that says so.
# - The input stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# The model is right for every case that has the most frequent label. How many are these?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `numpy.unique(y, return_counts=True)` counts the labels of lists, arrays and tensors. `Counter` counts lists
# well, but not tensors: each element of a tensor is an object of its own, so turn a tensor into a list first.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# If `len(y)` is 0, raise the error. Otherwise divide the largest of the counts by `len(y)`.
#
# </details>


# %% exercise="majority_baseline" role="solution"
def majority_baseline(y: Sequence | np.ndarray | Tensor) -> float:
    """Compute the accuracy of always predicting the most frequent label.

    Args:
        y: one label for each case.

    Returns:
        The share of the most frequent label, above 0.0 and at most 1.0.

    Raises:
        ValueError: `y` is empty.
    """
    ### BEGIN SOLUTION
    if len(y) == 0:
        raise ValueError("y is empty; pass at least one label")
    _, counts = np.unique(y, return_counts=True)
    return counts.max().item() / len(y)
    ### END SOLUTION


# %% exercise="majority_baseline" role="examples"
def nine_dogs_and_a_cat() -> None:
    """nine dogs and a cat"""
    got = majority_baseline(["dog"] * 9 + ["cat"])
    assert got is not None, "the function returned None: did you forget `return`?"
    assert abs(got - 0.9) < 1e-6, f"expected 0.9, got {got}"


def a_tensor_of_three_classes() -> None:
    """a tensor with three classes"""
    got = majority_baseline(torch.tensor([2, 0, 1, 2, 1, 2, 0, 2]))
    assert abs(got - 0.5) < 1e-6, f"label 2 has 4 of 8 cases: expected 0.5, got {got}"


def no_labels() -> None:
    """no labels are a ValueError"""
    try:
        got = majority_baseline([])
    except ValueError:
        return
    raise AssertionError(f"expected a ValueError for an empty list, got {got}")


headstart.check("majority_baseline", nine_dogs_and_a_cat, a_tensor_of_three_classes, no_labels)

# %% [markdown] exercise="majority_baseline" role="explanation"
# **Worked explanation.** `numpy.unique` sorts the labels and counts each of them; the largest count divided by the
# number of cases is the answer. It takes lists of text as well as tensors.
#
# The error needs `len(y) == 0`. `if not y` works for lists only: the truth value of an array or tensor with several
# elements is ambiguous, and Python raises. `torch.bincount` is quick, but takes no negative labels and no text.

# %% [markdown] exercise="paradox_predictions" role="card"
# ## 2 · `paradox_predictions`
#
# **Hard · 15 minutes · 8 points**
#
# **Why it matters.** When somebody reports two numbers, you can build the answers behind them and look at what
# they mean: the false alarms, the precision, the cost. And when no answers can have both numbers, you know that
# the report is wrong.
#
# **Where it is used.** It is the derivation of the lesson as code. Lesson 3 computes costs from such counts.
#
# **Write** `paradox_predictions(y_true, accuracy, recall, seed=0)`. It returns a tensor of predictions, 0 or 1,
# one for each label, with this accuracy and this recall. Whole cases cannot be divided, so counts are rounded:
#
# - the number of **found positives** is the whole number nearest to recall times positives;
# - the number of **right answers** is the whole number nearest to accuracy times cases;
# - the **false alarms** follow from these two.
#
# *Which* positives are found and *which* negatives give a false alarm is random. The same `seed` gives the same
# predictions again, another seed others.
#
# - `y_true` is a list, a NumPy array or a tensor of zeros and ones in any order. It stays as it was.
# - Raise a `ValueError` where this is impossible: when the rounded counts would need fewer than no false alarms, or
#   more false alarms than there are negatives; when `y_true` has no positive, because then recall has no value; when
#   `accuracy` or `recall` is not between 0 and 1.
#
# <details><summary>Hint 1: where to look</summary>
#
# Name the counts: P positives, n cases, TP found. The misses are P minus TP. All mistakes are n minus the right
# answers. What is left of the mistakes when the misses are taken away?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `round` gives the nearest whole number, `int` cuts off: 0.29 * 100 is 28.999… on a computer. `torch.nonzero(y == 1)`
# gives the places of the positives. `torch.randperm(k, generator=g)` with `g = torch.Generator().manual_seed(seed)`
# puts them into a random order.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Compute `tp = round(recall * positives)` and `fp = cases - round(accuracy * cases) - (positives - tp)`. Check
# `0 <= fp <= negatives`. Start with zeros, and write 1 at `tp` random places of the positives and at `fp` random
# places of the negatives.
#
# </details>


# %% exercise="paradox_predictions" role="solution"
def paradox_predictions(
    y_true: Sequence[int] | np.ndarray | Tensor, accuracy: float, recall: float, seed: int = 0
) -> Tensor:
    """Make random predictions that have a given accuracy and recall, to the nearest achievable counts.

    Args:
        y_true: (n,) labels, 0 or 1.
        accuracy: share of right answers; their number is the whole number nearest to `accuracy * n`.
        recall: share of found positives; their number is the whole number nearest to `recall` times positives.
        seed: decides which cases are answered wrongly.

    Returns:
        (n,) predictions, 0 or 1.

    Raises:
        ValueError: no predictions have these counts, `y_true` has no positive, or `accuracy` or `recall` is not
            between 0 and 1.
    """
    ### BEGIN SOLUTION
    for name, value in (("accuracy", accuracy), ("recall", recall)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; pass a number between 0 and 1")
    y = torch.as_tensor(y_true)
    positives, negatives = torch.nonzero(y == 1).flatten(), torch.nonzero(y == 0).flatten()
    if len(positives) == 0:
        raise ValueError("y_true has no positive label, so recall has no value")
    tp = round(recall * len(positives))
    misses = len(positives) - tp
    mistakes = len(y) - round(accuracy * len(y))
    fp = mistakes - misses
    if not 0 <= fp <= len(negatives):
        raise ValueError(
            f"accuracy {accuracy} allows {mistakes} mistakes; with {misses} misses that makes {fp} false alarms, "
            f"and there can be 0 to {len(negatives)}"
        )
    generator = torch.Generator().manual_seed(seed)
    predictions = torch.zeros(len(y), dtype=torch.int64)
    predictions[positives[torch.randperm(len(positives), generator=generator)[:tp]]] = 1
    predictions[negatives[torch.randperm(len(negatives), generator=generator)[:fp]]] = 1
    return predictions
    ### END SOLUTION


# %% exercise="paradox_predictions" role="examples"
def fraud_in_miniature() -> None:
    """1,000 payments, 20 of them fraud: accuracy 98 %, recall 10 %"""
    y_true = torch.tensor([1] * 20 + [0] * 980)
    got = paradox_predictions(y_true, accuracy=0.98, recall=0.1)
    assert got is not None, "the function returned None: did you forget `return`?"
    found, right = int((got[:20] == 1).sum()), int((got == y_true).sum())
    assert found == 2, f"recall 0.1 of 20 positives is 2 found, got {found}"
    assert right == 980, f"accuracy 0.98 of 1,000 is 980 right answers, got {right}"


def the_seed_decides() -> None:
    """the same seed twice, then another seed"""
    y_true = [0, 1] * 50
    first, again, other = (paradox_predictions(y_true, 0.8, 0.5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again), "the same seed must give the same predictions"
    assert not torch.equal(first, other), "another seed must give other predictions"


def too_many_misses() -> None:
    """half of the cases positive: accuracy 98 % with recall 12 % is a ValueError"""
    try:
        got = paradox_predictions([0, 1] * 100, accuracy=0.98, recall=0.12)
    except ValueError:
        return
    raise AssertionError(f"88 misses are more than 4 mistakes: expected a ValueError, got {got}")


headstart.check("paradox_predictions", fraud_in_miniature, the_seed_decides, too_many_misses)

# %% [markdown] exercise="paradox_predictions" role="explanation"
# **Worked explanation.** Two numbers and the labels fix all four counts. Recall gives TP and so the misses; accuracy
# gives the mistakes; the false alarms are the difference. That they cannot be negative is the bound of the lesson,
# `(1 - accuracy) / (1 - recall)`, in whole cases. The other limit is rarer: a low accuracy can ask for more false
# alarms than there are negatives.
#
# Two details cost people points. `int(recall * positives)` cuts off where rounding is asked for. And a generator of
# its own makes the result depend on `seed` alone, and not on what was drawn before.

# %% [markdown] exercise="inverse_frequency_weights" role="card"
# ## 3 · `inverse_frequency_weights`
#
# **Medium · 10 minutes · 7 points**
#
# **Why it matters.** `CrossEntropyLoss(weight=…)` and `WeightedRandomSampler` both start from these numbers. In a
# data set with many classes one of them is easily missing, and a division by zero then makes its weight infinite.
# Scale the weights, or meet the class later, and the loss is nan.
#
# **Where it is used.** In lesson 12, where the class to be found is rare.
#
# **Write** `inverse_frequency_weights(y, num_classes)`. It returns a float tensor with one weight for each class
# 0, 1, …, `num_classes - 1`:
#
# - the weights of classes that occur are inversely proportional to how often they occur: half as many cases, twice
#   the weight;
# - a class that does not occur has the weight 0;
# - the **mean weight over all samples**, that is the mean of `weights[label]` over the labels in `y`, is 1. So a
#   loss that is averaged over the samples, such as `binary_cross_entropy_with_logits(…, weight=…)` in the lesson,
#   keeps its size. (`CrossEntropyLoss(weight=…)` divides by the sum of the weights: there only their ratios count.)
# - `y` is a list, a NumPy array or a tensor of labels. It stays as it was.
# - Raise a `ValueError` if `y` is empty, or if a label is negative or not below `num_classes`.
#
# <details><summary>Hint 1: where to look</summary>
#
# Call the counts n₀, n₁, … and the weights c / nₖ. The sum of the weights over all samples is Σ nₖ · c / nₖ over the
# classes that occur. What is it, and what must c be to make the mean 1?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `torch.bincount(torch.as_tensor(y), minlength=num_classes)` counts every class, absent ones too. `torch.where` or a
# mask keeps the division away from the zeros.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# With `present = counts > 0`, start from zeros and set `weights[present]` to the number of labels divided by
# `present.sum() * counts[present]`. It is the number of classes *that occur*, not `num_classes`.
#
# </details>


# %% exercise="inverse_frequency_weights" role="solution"
def inverse_frequency_weights(y: Sequence[int] | np.ndarray | Tensor, num_classes: int) -> Tensor:
    """Weight classes by the inverse of their frequency, with a mean weight of 1 over the samples.

    Args:
        y: (n,) labels from 0 to `num_classes` - 1.
        num_classes: how many classes there are, occurring or not.

    Returns:
        (num_classes,) float weights; 0 for a class that does not occur.

    Raises:
        ValueError: `y` is empty, or a label is out of range.
    """
    ### BEGIN SOLUTION
    labels = torch.as_tensor(y)
    if len(labels) == 0:
        raise ValueError("y is empty; pass at least one label")
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}; with {num_classes} classes they must be "
            f"between 0 and {num_classes - 1}"
        )
    counts = torch.bincount(labels, minlength=num_classes)
    present = counts > 0
    weights = torch.zeros(num_classes)
    weights[present] = len(labels) / (present.sum() * counts[present])
    return weights
    ### END SOLUTION


# %% exercise="inverse_frequency_weights" role="examples"
def ninety_and_ten() -> None:
    """90 cases of class 0 and 10 of class 1"""
    got = inverse_frequency_weights([0] * 90 + [1] * 10, num_classes=2)
    assert got is not None, "the function returned None: did you forget `return`?"
    want = torch.tensor([100 / 180, 5.0])
    assert torch.allclose(got.float(), want), f"expected {want.tolist()}, got {got.tolist()}"


def a_class_is_missing() -> None:
    """three classes, of which class 1 does not occur"""
    y = torch.tensor([0, 2, 2, 2])
    got = inverse_frequency_weights(y, num_classes=3)
    assert got[1] == 0, f"class 1 does not occur, so its weight is 0, got {got[1]}"
    mean = got[y].float().mean().item()
    assert abs(mean - 1) < 1e-5, f"the mean of weights[y] must be 1, got {mean}"


def a_label_out_of_range() -> None:
    """label 3 with three classes is a ValueError"""
    try:
        got = inverse_frequency_weights([0, 1, 3], num_classes=3)
    except ValueError:
        return
    raise AssertionError(f"the classes are 0, 1 and 2: expected a ValueError for label 3, got {got}")


headstart.check("inverse_frequency_weights", ninety_and_ten, a_class_is_missing, a_label_out_of_range)

# %% [markdown] exercise="inverse_frequency_weights" role="explanation"
# **Worked explanation.** Over the samples, class *k* contributes nₖ · c / nₖ = c, whatever its size. With K classes
# that occur the sum is K · c, so the mean is K · c / n, and c = n / K makes it 1. With `num_classes` in the place of
# K the mean comes out too small as soon as a class is missing. With a loss averaged over
# the samples that is no error, only a smaller loss and smaller gradients than you expect.
#
# Another habit scales the weights to sum 1. With two classes of 90 and 10 cases that makes a mean of 0.18: such a
# loss is about a fifth of the unweighted one.

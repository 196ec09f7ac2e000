# %% [markdown]
# # Exercises 1 · The confusion matrix
#
# Three functions, about 25 minutes. Each has a task card, a cell for your code and a few visible examples.
# The checks that give the points use other labels and other counts than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/01_confusion_matrix.ipynb).

# %%
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

import headstart

# %% [markdown] exercise="confusion_counts" role="card"
# ## 1 · `confusion_counts`
#
# **Easy · 8 minutes · 6 points**
#
# **Why it matters.** Every metric of this course comes from these four counts. Mixing up two of them gives
# wrong numbers and no error.
#
# **Where it is used.** In lesson 2 on a rare class, in lesson 3 for every threshold, in lesson 12 for your
# own model.
#
# **Write** `confusion_counts(y_true, y_pred, positive=1)`. It returns the four counts as whole numbers, in
# the order `(tp, fp, fn, tn)`.
#
# - `y_true` and `y_pred` are lists, tuples, NumPy arrays or tensors with one label for each case.
# - `positive` is the label that counts as the positive class: `1`, `0`, `8` or `"cat"`. All other labels are
#   negative.
# - Different lengths raise a `ValueError` that says so.
# - The input stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# Two questions place each case: did the model say "positive", and is the truth "positive"? Each of the four
# combinations of answers is one count.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `zip(y_true, y_pred)` walks through lists, arrays and tensors alike, and `==` compares any two labels. `zip`
# stops silently at the end of the shorter one, so compare `len(y_true)` with `len(y_pred)` first.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Start the four counts at 0. For each pair `truth, answer`: if `answer == positive`, add one to `tp` or to
# `fp`, depending on `truth == positive`. Otherwise add one to `fn` or to `tn`.
#
# </details>


# %% exercise="confusion_counts" role="solution"
def confusion_counts(
    y_true: Sequence | np.ndarray | Tensor,
    y_pred: Sequence | np.ndarray | Tensor,
    positive: object = 1,
) -> tuple[int, int, int, int]:
    """Count true positives, false positives, false negatives and true negatives.

    Args:
        y_true: the true label of each case.
        y_pred: the predicted label of each case, in the same order.
        positive: the label of the positive class; all other labels are negative.

    Returns:
        `(tp, fp, fn, tn)`.

    Raises:
        ValueError: `y_true` and `y_pred` have different lengths.
    """
    ### BEGIN SOLUTION
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"y_true has {len(y_true)} labels and y_pred {len(y_pred)}; pass one prediction for each label"
        )
    tp = fp = fn = tn = 0
    for truth, answer in zip(y_true, y_pred, strict=True):
        if answer == positive:
            if truth == positive:
                tp += 1
            else:
                fp += 1
        elif truth == positive:
            fn += 1
        else:
            tn += 1
    return tp, fp, fn, tn
    ### END SOLUTION


# %% exercise="confusion_counts" role="examples"
def eight_answers() -> None:
    """eight answers, with 1 as the positive label"""
    got = confusion_counts([1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 0])
    assert got is not None, "the function returned None: did you forget `return`?"
    assert tuple(got) == (3, 2, 1, 2), f"expected tp, fp, fn, tn = (3, 2, 1, 2), got {got}"


def cats_and_dogs() -> None:
    """four pictures, with "cat" as the positive label"""
    y_true, y_pred = ["cat", "cat", "dog", "dog"], ["cat", "dog", "cat", "cat"]
    got = confusion_counts(y_true, y_pred, positive="cat")
    assert tuple(got) == (1, 2, 1, 0), f"expected tp, fp, fn, tn = (1, 2, 1, 0), got {got}"


def a_missing_prediction() -> None:
    """three labels and two predictions are a ValueError"""
    try:
        got = confusion_counts([1, 0, 1], [1, 0])
    except ValueError:
        return
    raise AssertionError(f"expected a ValueError for 3 labels and 2 predictions, got {got}")


headstart.check("confusion_counts", eight_answers, cats_and_dogs, a_missing_prediction)

# %% [markdown] exercise="confusion_counts" role="explanation"
# **Worked explanation.** The answer decides the second word of the name, and the comparison with the truth
# the first. The loop asks for the answer first and needs no other type of label than `==` can compare.
#
# `zip` alone stops at the shorter input and counts the rest as if it did not exist. `zip(…, strict=True)`
# raises the `ValueError` by itself; checking `len` gives a message that helps more. NumPy raises for most
# different lengths too, but not if one of them is 1: then that single prediction is used for every case.
#
# With tensors, `((y_pred == positive) & (y_true == positive)).sum().item()` is the same count without a loop.
# It needs tensors or arrays: comparing a list with `== 1` gives one `False`, not a list of them.

# %% [markdown] exercise="precision_recall_f1" role="card"
# ## 2 · `precision_recall_f1`
#
# **Easy · 7 minutes · 5 points**
#
# **Why it matters.** Denominators of 0 are not rare: a model that never says yes has one, and a class without
# cases has one. What your function returns then goes into every average above it.
#
# **Where it is used.** In lessons 2, 3 and 8, and in the exercise below.
#
# **Write** `precision_recall_f1(tp, fp, fn)`. It returns precision, recall and F1, in this order, as
# fractions between 0 and 1, not rounded.
#
# - Where a denominator is 0, the value is `0.0`.
# - A negative count is impossible and raises a `ValueError` that says so.
#
# <details><summary>Hint 1: where to look</summary>
#
# There are three fractions, and each has its own denominator. Which counts make each of them 0?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# A conditional expression guards one division: `a / b if b else 0.0`. For F1, the form 2 TP / (2 TP + FP +
# FN) has only one denominator to guard.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Raise the error if `min(tp, fp, fn) < 0`. Then write the guarded division three times, with the denominators
# `tp + fp`, `tp + fn` and `2 * tp + fp + fn`, and return the three results.
#
# </details>


# %% exercise="precision_recall_f1" role="solution"
def precision_recall_f1(tp: int, fp: int, fn: int) -> tuple[float, float, float]:
    """Compute precision, recall and F1 from counts.

    Args:
        tp: true positives.
        fp: false positives.
        fn: false negatives.

    Returns:
        `(precision, recall, f1)`, each between 0.0 and 1.0, and 0.0 where the denominator is 0.

    Raises:
        ValueError: a count is negative.
    """
    ### BEGIN SOLUTION
    for name, count in (("tp", tp), ("fp", fp), ("fn", fn)):
        if count < 0:
            raise ValueError(f"{name} is {count}; a count cannot be negative")
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return precision, recall, f1
    ### END SOLUTION


# %% exercise="precision_recall_f1" role="examples"
def the_second_twin() -> None:
    """85 found, 15 false alarms, 10 missed"""
    got = precision_recall_f1(85, 15, 10)
    assert got is not None, "the function returned None: did you forget `return`?"
    assert len(got) == 3, f"expected three numbers, got {got}"
    wanted = (0.850, 0.8947, 0.8718)
    for name, value, want in zip(("precision", "recall", "F1"), got, wanted, strict=True):
        assert abs(value - want) < 0.0005, f"{name} should be about {want}, got {value}"


def never_a_yes() -> None:
    """a model that never says yes, and misses 7 cases"""
    got = precision_recall_f1(0, 0, 7)
    assert tuple(got) == (0.0, 0.0, 0.0), f"expected (0.0, 0.0, 0.0), got {got}"


headstart.check("precision_recall_f1", the_second_twin, never_a_yes)

# %% [markdown] exercise="precision_recall_f1" role="explanation"
# **Worked explanation.** Precision divides by what was *called* positive, recall by what *is* positive. Both
# denominators can be 0, and independently of each other.
#
# F1 is the harmonic mean, 2PR / (P + R). Multiply above and below by what the fractions have in common, and
# it becomes 2 TP / (2 TP + FP + FN). This form is safer: with TP = 0 both P and R are 0, and 2PR / (P + R)
# fails a second time, also where precision and recall themselves are well defined.
#
# The convention 0.0 is a choice. It is pessimistic: a model that never says yes gets the worst precision.

# %% [markdown] exercise="per_class_metrics" role="card"
# ## 3 · `per_class_metrics`
#
# **Medium · 10 minutes · 6 points**
#
# **Why it matters.** One average hides which class fails. This is the table to look at before any average.
#
# **Where it is used.** Wherever there are more than two classes. Lesson 8 compares models by the means of these values.
#
# **Write** `per_class_metrics(matrix)`. `matrix` is a square confusion matrix with the true classes in the
# rows and the predicted classes in the columns: nested lists, a NumPy array or a tensor of any size.
#
# Return a list with one dictionary for each class, in the order of the rows:
#
# | key | value |
# |---|---|
# | `"precision"` | share of the answers "this class" that are right |
# | `"recall"` | share of the cases of this class that were found |
# | `"f1"` | F1 of this class |
# | `"support"` | how many cases of this class there really are |
#
# Where a denominator is 0, the value is `0.0`. The matrix stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# For class k, the diagonal entry is TP. What else stands in row k, and what else in column k?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# Row k holds all cases that *are* class k: their sum is TP + FN. Column k holds all cases that *were called*
# class k: their sum is TP + FP. `matrix[i][j]` works for lists, arrays and tensors alike.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# For each k: `tp = matrix[k][k]`, `support = sum(matrix[k])` and `called = sum(row[k] for row in matrix)`.
# Then call `precision_recall_f1(tp, called - tp, support - tp)` and put its three results and `support` into
# a dictionary.
#
# </details>


# %% exercise="per_class_metrics" role="solution"
def per_class_metrics(matrix: Sequence[Sequence[int]] | np.ndarray | Tensor) -> list[dict]:
    """Compute precision, recall, F1 and support of each class.

    Args:
        matrix: square confusion matrix, rows true, columns predicted.

    Returns:
        One `{"precision", "recall", "f1", "support"}` for each class, in the order of the rows.
    """
    ### BEGIN SOLUTION
    counts = torch.as_tensor(matrix).tolist()
    result = []
    for k, row in enumerate(counts):
        tp = row[k]
        support = sum(row)
        called = sum(other[k] for other in counts)
        result.append(
            {
                "precision": tp / called if called else 0.0,
                "recall": tp / support if support else 0.0,
                "f1": 2 * tp / (called + support) if called + support else 0.0,
                "support": support,
            }
        )
    return result
    ### END SOLUTION


# %% exercise="per_class_metrics" role="examples"
THREE_CLASSES = [[50, 5, 0], [3, 45, 2], [1, 4, 40]]


def three_classes() -> None:
    """the three classes of the lesson, as nested lists"""
    got = per_class_metrics(THREE_CLASSES)
    assert isinstance(got, list), f"expected a list of dictionaries, got {got}"
    assert len(got) == 3, f"expected one dictionary for each of 3 classes, got {len(got)}"
    wanted = {"precision": 50 / 54, "recall": 50 / 55, "f1": 100 / 109, "support": 55}
    for key, want in wanted.items():
        assert key in got[0], f"the dictionary of the first class has no {key!r}: {got[0]}"
        value = got[0][key]
        assert abs(value - want) < 1e-6, f"{key} of the first class: expected {want}, got {value}"


def the_same_as_a_tensor() -> None:
    """the same matrix as a tensor"""
    got = per_class_metrics(torch.tensor(THREE_CLASSES))
    recall = got[2]["recall"]
    assert abs(recall - 40 / 45) < 1e-6, f"recall of the third class: expected 0.8889, got {recall}"


headstart.check("per_class_metrics", three_classes, the_same_as_a_tensor)

# %% [markdown] exercise="per_class_metrics" role="explanation"
# **Worked explanation.** Each class takes its turn as the positive one. Row k is what it really has, so the
# row's sum is TP + FN, the denominator of recall, and the support. Column k is what was called k, so the
# column's sum is TP + FP, the denominator of precision. A matrix in the other layout gives the same numbers
# with precision and recall exchanged, and no error: say in the docstring which layout you expect.
#
# F1 uses both sums at once: 2 TP / (TP + FP + TP + FN) is 2 TP / (column + row).
#
# Turning the matrix into plain lists first makes one code path for all three kinds of input.

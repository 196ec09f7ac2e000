# %% [markdown]
# # Exercises 3 · Thresholds
#
# Two functions, about 25 minutes. Each has a task card, a cell for your code and a few visible examples.
# The checks that give the points use other scores and other costs than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is [here](../../lessons/03_thresholds.ipynb).

# %%
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

import headstart

# %% [markdown] exercise="threshold_for_recall" role="card"
# ## 1 · `threshold_for_recall`
#
# **Medium · 12 minutes · 7 points**
#
# **Why it matters.** "Find at least 95 % of them" is how requirements are written. This function turns such a
# sentence into the one number that a program needs, with as few false alarms as possible.
#
# **Where it is used.** Wherever a requirement names a recall. Lesson 4 shows how uncertain a share of few cases is.
#
# **Write** `threshold_for_recall(scores, y_true, target)`. A case is called positive if `score >= threshold`.
# Return the highest threshold whose recall is at least `target`.
#
# - `scores` and `y_true` are lists, tuples, NumPy arrays or tensors of the same length, in any order. `y_true`
#   holds 1 for positives and 0 for negatives, or True and False.
# - Scores are any real numbers: probabilities, or logits such as -3.2 or 7.1. Several cases may share one score.
# - `target` is above 0 and at most 1.
# - Raise a `ValueError` that says what is wrong if the lengths differ, if there is no positive case, or if
#   `target` is not above 0 and at most 1.
# - The input stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# Let the line sink from the highest score. Recall changes only when it passes a *positive* case. Which of the
# positives is the one at which the target is reached?
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# Collect the scores of the positives and sort them, highest first. With the line at the first one, recall is
# 1/P; at the second 2/P; and so on. Return the first score at which `number / P >= target`.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# `positives = sorted((s for s, y in zip(scores, y_true) if y == 1), reverse=True)`. Then
# `for number, score in enumerate(positives, start=1)`: return `float(score)` as soon as
# `number / len(positives) >= target`. The three errors come before that.
#
# </details>


# %% exercise="threshold_for_recall" role="solution"
def threshold_for_recall(
    scores: Sequence[float] | np.ndarray | Tensor,
    y_true: Sequence[int] | np.ndarray | Tensor,
    target: float,
) -> float:
    """Find the highest threshold that reaches a recall.

    Args:
        scores: the score of each case; higher means more likely positive.
        y_true: 1 for each positive case and 0 for each negative one, in the same order.
        target: the recall to reach, above 0 and at most 1.

    Returns:
        The highest t such that calling a case positive if `score >= t` has a recall of at least `target`.

    Raises:
        ValueError: the lengths differ, there is no positive case, or `target` is out of range.
    """
    ### BEGIN SOLUTION
    if len(scores) != len(y_true):
        raise ValueError(f"got {len(scores)} scores and {len(y_true)} labels; pass one score for each label")
    if not 0 < target <= 1:
        raise ValueError(f"target is {target}; a recall to reach is above 0 and at most 1")
    positives = sorted((float(s) for s, y in zip(scores, y_true, strict=True) if y == 1), reverse=True)
    if not positives:
        raise ValueError("y_true has no positive case, so recall has no value; pass at least one 1")
    reached = (score for number, score in enumerate(positives, start=1) if number / len(positives) >= target)
    return next(reached)
    ### END SOLUTION


# %% exercise="threshold_for_recall" role="examples"
def three_of_four() -> None:
    """four positives, of which three must be found"""
    scores = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3]
    y_true = [1, 0, 1, 1, 1, 0]
    got = threshold_for_recall(scores, y_true, 0.75)
    assert got is not None, "the function returned None: did you forget `return`?"
    assert abs(float(got) - 0.6) < 1e-6, f"expected 0.6, where the third positive is found, got {got}"


def logits_in_any_order() -> None:
    """scores below 0 and above 1, not sorted"""
    got = threshold_for_recall(torch.tensor([-2.0, 3.5, 0.5, -4.0]), torch.tensor([1, 0, 1, 0]), 1.0)
    assert abs(float(got) + 2.0) < 1e-6, f"expected -2.0, the lowest score of a positive, got {got}"


def nobody_to_find() -> None:
    """no positive case is a ValueError"""
    try:
        got = threshold_for_recall([0.2, 0.7], [0, 0], 0.9)
    except ValueError:
        return
    raise AssertionError(f"expected a ValueError, because there is no positive case, got {got}")


headstart.check("threshold_for_recall", three_of_four, logits_in_any_order, nobody_to_find)

# %% [markdown] exercise="threshold_for_recall" role="explanation"
# **Worked explanation.** Negatives change the precision, never the recall, so they may be thrown away at once.
# Of the sorted positives, the k-th is found with the line at its own score (`>=`), and then k of P are found.
#
# `math.ceil(target * P)` for the number of positives looks tempting. With floating-point numbers
# `0.55 * 100` is a little more than 55, so `ceil` asks for 56. Comparing `k / P >= target` says what is meant.
#
# A grid such as 0.00, 0.01, …, 1.00 in place of the scores returns a threshold that is too low by up to one step,
# and nothing sensible for logits. Only the scores themselves can be the highest possible threshold.
#
# With scikit-learn: `precision, recall, thresholds = precision_recall_curve(y_true, scores)`, then
# `thresholds[recall[:-1] >= target].max()`.

# %% [markdown] exercise="cheapest_threshold" role="card"
# ## 2 · `cheapest_threshold`
#
# **Medium · 12 minutes · 8 points**
#
# **Why it matters.** Once both mistakes have a price, nobody has to argue about precision and recall any more:
# the threshold follows from the validation data.
#
# **Where it is used.** In lesson 12, where a screening model is judged by what its mistakes cost.
#
# **Write** `cheapest_threshold(scores, y_true, cost_fp, cost_fn)`. A case is called positive if
# `score >= threshold`. The total cost of a threshold is FP · `cost_fp` + FN · `cost_fn`. Return the threshold with
# the lowest total cost. The candidates are
#
# - every score that occurs, and
# - plus infinity, `math.inf`: nothing is called positive.
#
# If several candidates are equally cheap, return any of them.
#
# - The input is of the same kinds as in exercise 1: any numbers, in any order, scores may occur more than once.
# - Raise a `ValueError` that says what is wrong if the lengths differ or a cost is negative.
# - The input stays as it was.
#
# <details><summary>Hint 1: where to look</summary>
#
# For one candidate, count FP and FN as in lesson 1. There are only so many candidates: try them all.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `candidates = [*scores, math.inf]`. FP are the negatives with `score >= t`, FN the positives with `score < t`.
# `min(candidates, key=...)` returns the candidate for which a function is smallest.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# For each `t` in `[*scores, math.inf]`, store in a dictionary
# `costs[float(t)] = cost_fp * sum(s >= t and y == 0 for s, y in zip(scores, y_true))` plus
# `cost_fn * sum(s < t and y == 1 for s, y in zip(scores, y_true))`. Then return `min(costs, key=costs.get)`. The two
# errors come before that.
#
# </details>


# %% exercise="cheapest_threshold" role="solution"
def cheapest_threshold(
    scores: Sequence[float] | np.ndarray | Tensor,
    y_true: Sequence[int] | np.ndarray | Tensor,
    cost_fp: float,
    cost_fn: float,
) -> float:
    """Find the threshold whose mistakes cost least.

    Args:
        scores: the score of each case; higher means more likely positive.
        y_true: 1 for each positive case and 0 for each negative one, in the same order.
        cost_fp: what one false positive costs, not negative.
        cost_fn: what one false negative costs, not negative.

    Returns:
        One of the scores, or infinity, for which FP * cost_fp + FN * cost_fn is smallest.

    Raises:
        ValueError: the lengths differ, or a cost is negative.
    """
    ### BEGIN SOLUTION
    if len(scores) != len(y_true):
        raise ValueError(f"got {len(scores)} scores and {len(y_true)} labels; pass one score for each label")
    if cost_fp < 0 or cost_fn < 0:
        raise ValueError(f"cost_fp is {cost_fp} and cost_fn {cost_fn}; a cost cannot be negative")
    cases = [(float(s), int(y)) for s, y in zip(scores, y_true, strict=True)]
    costs = {}
    for threshold in [*(s for s, _ in cases), math.inf]:
        fp = sum(s >= threshold and y == 0 for s, y in cases)
        fn = sum(s < threshold and y == 1 for s, y in cases)
        costs[threshold] = cost_fp * fp + cost_fn * fn
    return min(costs, key=costs.get)
    ### END SOLUTION


# %% exercise="cheapest_threshold" role="examples"
SCORES = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]
TRUTHS = [1, 0, 1, 0, 1, 0, 0, 0]


def misses_are_costly() -> None:
    """a miss costs ten times as much as a false alarm"""
    got = cheapest_threshold(SCORES, TRUTHS, cost_fp=1, cost_fn=10)
    assert got is not None, "the function returned None: did you forget `return`?"
    assert abs(float(got) - 0.4) < 1e-6, f"expected 0.4, which costs 2 false alarms and no miss, got {got}"


def alarms_are_costly() -> None:
    """a false alarm costs ten times as much as a miss"""
    got = cheapest_threshold(np.array(SCORES), np.array(TRUTHS), cost_fp=10, cost_fn=1)
    assert abs(float(got) - 0.9) < 1e-6, f"expected 0.9, which costs 2 misses and no false alarm, got {got}"


def better_never() -> None:
    """the highest score is a negative, and false alarms are costly"""
    got = cheapest_threshold([0.3, 0.8], [1, 0], cost_fp=10, cost_fn=1)
    assert float(got) == math.inf, f"expected inf, which costs 1 miss and no false alarm, got {got}"


headstart.check("cheapest_threshold", misses_are_costly, alarms_are_costly, better_never)

# %% [markdown] exercise="cheapest_threshold" role="explanation"
# **Worked explanation.** Between two neighbouring scores no case changes sides, so the cost stays the same there.
# The scores themselves are candidates enough, and infinity stands for "call nothing positive", which no score
# can: the case with the highest score is always at or above itself.
#
# Trying all candidates takes N · N comparisons. For a million cases, sort once: with the scores from high to low,
# FP and TP at each place are running sums (`cumsum`). Then equal scores must be taken together: the line cannot
# pass between two cases with the same score, so only the last place of each group counts.
#
# The rule cost_fp / (cost_fp + cost_fn) needs no search, but it takes the scores for good probabilities. This
# function works for any scores, and it needs labelled validation data to search in.

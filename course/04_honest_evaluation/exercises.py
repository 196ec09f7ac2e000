# %% [markdown]
# # Exercises 4 · Honest evaluation
#
# Two functions, about 25 minutes. Each has a task card, a cell for your code and a few visible examples. The
# checks that give the points use other images and other groups than the examples do.
#
# Run the set-up cell first. If you have not read the lesson yet, it is
# [here](../../lessons/04_honest_evaluation.ipynb).

# %%
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from random import Random

import numpy as np
import torch
from torch import Tensor

import headstart

# %% [markdown] exercise="find_exact_duplicates" role="card"
# ## 1 · `find_exact_duplicates`
#
# **Easy · 10 minutes · 6 points**
#
# **Why it matters.** A test image that is also in the training set is answered from memory. Merged downloads are
# full of such images, and no score shows it.
#
# **Where it is used.** In your own projects, on the first day, before anything is trained.
#
# **Write** `find_exact_duplicates(train, test)`. It returns a list of **all** pairs `(i, j)` for which `train[i]`
# and `test[j]` are the same image.
#
# - `train` and `test` are tensors of shape `(N, C, H, W)` and `(M, C, H, W)` with the same type of numbers. They
#   may hold pixels from 0 to 255 or normalised numbers, negative ones too. No number is NaN or `-0.0`.
# - "The same" means that every number is equal. Almost equal is not enough.
# - An image may occur several times, in either set. Then each combination is a pair of its own.
# - Pairs may come in any order. Each comes once. Without duplicates, the list is empty.
# - The images stay as they are.
#
# <details><summary>Hint 1: where to look</summary>
#
# Every image of one set has to meet every image of the other. `torch.equal(a, b)` says whether two tensors have
# the same shape and the same numbers.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# Two loops with `enumerate` are right, and fast enough for hundreds of images. For thousands, remember where each
# training image occurs: a dictionary from `image.numpy().tobytes()` to a *list* of places.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Start with `pairs = []`. For each `i, image` in `enumerate(train)` and each `j, other` in `enumerate(test)`, append
# `(i, j)` if `torch.equal(image, other)`. Return `pairs` after both loops are over.
#
# </details>


# %% exercise="find_exact_duplicates" role="solution"
def find_exact_duplicates(train: Tensor, test: Tensor) -> list[tuple[int, int]]:
    """Find the images of `test` that are also in `train`.

    Args:
        train: images, (N, C, H, W).
        test: images, (M, C, H, W), of the same type.

    Returns:
        All pairs (i, j) for which train[i] and test[j] are equal in every number, in any order.
    """
    ### BEGIN SOLUTION
    places: dict[bytes, list[int]] = {}
    for i, image in enumerate(train.numpy()):
        places.setdefault(image.tobytes(), []).append(i)
    return [(i, j) for j, image in enumerate(test.numpy()) for i in places.get(image.tobytes(), [])]
    ### END SOLUTION


# %% exercise="find_exact_duplicates" role="examples"
def one_image_in_both_sets() -> None:
    """of 3 training and 2 test images, train[2] is test[0]"""
    train = torch.arange(12.0).reshape(3, 1, 2, 2)
    test = torch.stack([train[2].clone(), train[0] + 100])
    got = find_exact_duplicates(train, test)
    assert got is not None, "the function returned None: did you forget `return`?"
    assert [tuple(pair) for pair in got] == [(2, 0)], f"expected [(2, 0)], got {got}"


def an_image_that_is_there_twice() -> None:
    """train[0] and train[1] are the same image as test[1]: two pairs"""
    train = torch.ones(2, 3, 4, 4)
    test = torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)])
    got = find_exact_duplicates(train, test)
    assert sorted(tuple(pair) for pair in got) == [(0, 1), (1, 1)], f"expected (0, 1) and (1, 1), got {got}"


def almost_the_same() -> None:
    """images that differ by one count in one pixel are no duplicates"""
    train = torch.full((1, 1, 8, 8), 200, dtype=torch.uint8)
    test = train.clone()
    test[0, 0, 3, 5] = 201
    got = find_exact_duplicates(train, test)
    assert len(got) == 0, f"expected no pair, got {got}"


headstart.check(
    "find_exact_duplicates", one_image_in_both_sets, an_image_that_is_there_twice, almost_the_same
)

# %% [markdown] exercise="find_exact_duplicates" role="explanation"
# **Worked explanation.** A dictionary from fingerprint to *list of places* needs one look at each image, N + M
# looks in all. Two loops need N · M comparisons: for 50,000 training and 10,000 test images, 500 million. A
# dictionary that maps each fingerprint to *one* place forgets all but the last copy.
#
# Bytes are a safe fingerprint. The sum or the mean of the pixels is not: different images can share it. The bytes
# of `-0.0` and `0.0` differ although the two are equal; where both can occur, add 0 first, which removes the sign.
#
# A comparison with a tolerance, such as `torch.allclose`, answers another question: it also reports images that
# are nearly equal.

# %% [markdown] exercise="grouped_split" role="card"
# ## 2 · `grouped_split`
#
# **Medium · 15 minutes · 8 points**
#
# **Why it matters.** Images of one patient, one writer or one video belong on one side. A random split puts them
# on both, and the score tells how well the model knows them.
#
# **Where it is used.** Wherever your users are not in your data.
#
# **Write** `grouped_split(groups, test_fraction, seed)`. It returns two index tensors, `train` and `test`.
#
# - `groups` is a list, array or tensor with the group of each image: numbers, or names such as `"anna"`. The images
#   of a group need not stand together.
# - Each image's place occurs exactly once, in `train` or in `test`. All images of a group are on the same side.
# - **How many go to the test side.** Only whole groups can. Of all ways to choose groups, yours makes the number of
#   test images as near as possible to `test_fraction * len(groups)`. With groups of 5, 4 and 3 images and a target
#   of 7, take 4 + 3. Starting with the largest group, you would end at 5 or 8.
# - Neither side is empty, whatever the fraction.
# - If several choices are equally near, any of them is right, and **the seed picks one**: the same seed gives the
#   same split, and other seeds give other splits.
# - There are never more than 12 groups, so you may try every choice. With 12 groups there are 4,096.
# - Fewer than two groups, or a `test_fraction` that is not between 0 and 1, raise a `ValueError`.
#
# <details><summary>Hint 1: where to look</summary>
#
# First count how many images each group has. Then only these sizes matter: which sum of some of them is nearest to
# the target? The images come last: an image goes to the test side if its group was chosen.
#
# </details>
#
# <details><summary>Hint 2: what to use</summary>
#
# `itertools.combinations(names, k)` gives every choice of `k` groups; let `k` run from 1 to one less than the number
# of groups. `random.Random(seed)` is a random generator of your own; its `choice(list)` picks an entry.
#
# </details>
#
# <details><summary>Hint 3: almost the answer</summary>
#
# Turn the groups into a plain list, and the different ones into a sorted list `names`. For every choice compute
# `abs(sum of its sizes - target)`. Keep all choices with the smallest value, and let the generator pick one of them.
# Then `test` is `torch.tensor([i for i, group in enumerate(groups) if group in chosen])`, and `train` the rest.
#
# </details>


# %% exercise="grouped_split" role="solution"
def grouped_split(
    groups: Sequence | np.ndarray | Tensor, test_fraction: float, seed: int
) -> tuple[Tensor, Tensor]:
    """Split images into training and test set without tearing a group apart.

    Args:
        groups: the group of each image; at least two different groups.
        test_fraction: wished-for share of test images, between 0 and 1 (both excluded).
        seed: picks one of the splits that are equally near to the wish.

    Returns:
        (train, test): places of the images, int64. The number of test images is as near to
        `test_fraction * len(groups)` as whole groups allow, and neither side is empty.

    Raises:
        ValueError: there are fewer than two groups, or `test_fraction` is not between 0 and 1.
    """
    ### BEGIN SOLUTION
    labels = groups.tolist() if isinstance(groups, np.ndarray | Tensor) else list(groups)
    sizes = Counter(labels)
    if len(sizes) < 2:
        raise ValueError(f"there are {len(sizes)} different groups; a split needs at least two")
    if not 0 < test_fraction < 1:
        raise ValueError(f"test_fraction is {test_fraction}; pass a number between 0 and 1")
    names = sorted(sizes)
    choices = [choice for k in range(1, len(names)) for choice in combinations(names, k)]
    target = test_fraction * len(labels)
    distances = [abs(sum(sizes[name] for name in choice) - target) for choice in choices]
    # Fractions such as 0.1 are not exact, so distances that are equal on paper may differ a little.
    nearest = min(distances) + 1e-9
    tied = [choice for choice, distance in zip(choices, distances, strict=True) if distance <= nearest]
    chosen = set(Random(seed).choice(tied))
    train = [i for i, label in enumerate(labels) if label not in chosen]
    test = [i for i, label in enumerate(labels) if label in chosen]
    return torch.tensor(train), torch.tensor(test)
    ### END SOLUTION


# %% exercise="grouped_split" role="examples"
def four_and_three_make_seven() -> None:
    """groups of 5, 4 and 3 images: for 7 of 12, the groups of 4 and of 3"""
    groups = ["a"] * 5 + ["b"] * 4 + ["c"] * 3
    split = grouped_split(groups, 7 / 12, seed=0)
    assert split is not None, "the function returned None: did you forget `return`?"
    train, test = split
    assert sorted(test.tolist()) == [5, 6, 7, 8, 9, 10, 11], f"test is {test.tolist()}"
    assert sorted(train.tolist()) == [0, 1, 2, 3, 4], f"train is {train.tolist()}"


def groups_that_do_not_stand_together() -> None:
    """images 0, 2, 4 of one writer, 1, 3, 5 of another: one writer on each side"""
    train, test = grouped_split(torch.tensor([7, 3, 7, 3, 7, 3]), 0.5, seed=1)
    sides = sorted([sorted(train.tolist()), sorted(test.tolist())])
    assert sides == [[0, 2, 4], [1, 3, 5]], f"train is {train.tolist()} and test {test.tolist()}"


def a_single_group() -> None:
    """one group cannot be on two sides: a ValueError"""
    try:
        got = grouped_split([1, 1, 1], 0.3, seed=0)
    except ValueError:
        return
    raise AssertionError(f"expected a ValueError for a single group, got {got}")


headstart.check("grouped_split", four_and_three_make_seven, groups_that_do_not_stand_together, a_single_group)

# %% [markdown] exercise="grouped_split" role="explanation"
# **Worked explanation.** To hit a number with whole groups is a *subset sum*. Every choice of up to 12 groups can
# be tried. For hundreds of groups you would note for each reachable number one choice that reaches it, and add the
# groups one by one; there are never more reachable numbers than images.
#
# Shortcuts miss. Adding groups until the target is passed overshoots by up to a whole group, and taking the largest
# first cannot find 4 + 3. Cutting the list of *groups* by the fraction gives that share of groups, not of images,
# and scikit-learn's `GroupShuffleSplit` does the same.
#
# The choice uses a generator of its own. `random.seed(seed)` would also work, but it changes the random numbers of
# everything that runs afterwards.

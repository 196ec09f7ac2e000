"""Hidden checks of lesson 04. Run by `autograder` on what students hand in.

What counts as right, beyond the exact types of the signatures: pairs may be tuples, lists or tensors of two whole
numbers, in a list or tuple and in any order; the two sides of a split may be tensors of any integer type, in any
order, and any of the nearest choices of groups is accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import ceil, floor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks import (
    INTEGER,
    check,
    expect,
    expect_raises,
    expect_type,
    expect_unchanged,
    show,
)

Pair = tuple[int, int]


# ----------------------------------------------------------------------------------- find_exact_duplicates


def draw_images(seed: int, number: int, shape: tuple[int, int, int], dtype: torch.dtype) -> Tensor:
    """Draw `number` different images; floats are spread around 0, integers lie between 0 and 255."""
    random = torch.Generator().manual_seed(seed)
    if dtype.is_floating_point:
        return torch.randn((number, *shape), generator=random, dtype=dtype)
    return torch.randint(256, (number, *shape), generator=random).to(dtype)


def two_sets(
    seed: int,
    sizes: tuple[int, int],
    planted: Sequence[Pair],
    shape: tuple[int, int, int] = (3, 5, 4),
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, Tensor]:
    """Draw a training and a test set in which test[j] is a copy of train[i] for each planted pair (i, j)."""
    train = draw_images(seed, sizes[0], shape, dtype)
    test = draw_images(seed + 1000, sizes[1], shape, dtype)
    for i, j in planted:
        test[j] = train[i]
    return train, test


def all_pairs(train: Tensor, test: Tensor) -> set[Pair]:
    """Return every pair of equal images: the definition, written down."""
    return {(i, j) for i, a in enumerate(train) for j, b in enumerate(test) if torch.equal(a, b)}


def pair_of(value: Any, position: int) -> Pair:
    """Return one entry of the student's list as two ints."""
    if isinstance(value, Tensor | np.ndarray):
        value = value.tolist()
    what = f"entry {position} of the list"
    expect_type(value, (tuple, list), what)
    expect(len(value) == 2, f"{what} is {show(value)}; expected a pair (place in train, place in test).")
    numbers = [part.item() if isinstance(part, Tensor) and part.numel() == 1 else part for part in value]
    for number in numbers:
        expect_type(number, INTEGER, f"a number in {what}")
    return int(numbers[0]), int(numbers[1])


def expect_pairs(student: Any, train: Tensor, test: Tensor, hint: str = "") -> None:
    """Call the student's function and compare its pairs with all pairs there are."""
    value = student.call("find_exact_duplicates", train, test)
    expect_unchanged(student, "Compare the images; do not write into them.")
    expect_type(value, (list, tuple))
    pairs = [pair_of(entry, position) for position, entry in enumerate(value)]
    want = all_pairs(train, test)
    case = f"for {len(train)} training and {len(test)} test images of shape {tuple(train.shape[1:])}"
    extra, missing = sorted(set(pairs) - want), sorted(want - set(pairs))
    if extra and {(j, i) for i, j in pairs} == want:
        expect(False, f"{case}, the pairs are the other way round: the place in `train` comes first.")
    if extra:
        i, j = extra[0]
        if not (0 <= i < len(train) and 0 <= j < len(test)):
            expect(False, f"{case}, you report the pair {(i, j)}; there are no such places.")
        apart = int((train[i] != test[j]).sum())
        numbers = f"{apart} of {train[i].numel()} numbers"
        expect(False, f"{case}, you report {(i, j)}, but train[{i}] and test[{j}] differ in {numbers}.{hint}")
    if missing:
        i, j = missing[0]
        found = f"{len(want) - len(missing)} of {len(want)} pairs found"
        expect(
            False,
            f"{case}, {(i, j)} is missing: train[{i}] and test[{j}] are equal in every number ({found}).{hint}",
        )
    twice = [pair for pair, times in Counter(pairs).items() if times > 1]
    expect(not twice, f"{case}, the pair {twice[0] if twice else ''} is in your list more than once.")


@check("find_exact_duplicates", points=2, title="every duplicate is found, wherever it stands")
def every_duplicate(student):
    for seed, sizes, planted in (
        (11, (9, 7), [(0, 6), (5, 5), (8, 0)]),
        (12, (6, 12), [(3, 11), (5, 7), (1, 4), (0, 2)]),
        (13, (14, 5), [(13, 1), (2, 3)]),
    ):
        expect_pairs(student, *two_sets(seed, sizes, planted))


@check("find_exact_duplicates", points=1, title="an image that occurs several times gives every pair once")
def repeated_images(student):
    hint = " The same image may occur several times in either set."
    for seed, source, again, planted in (
        (21, 2, (4, 7), [(2, 1)]),
        (22, 0, (3,), [(0, 0), (0, 5)]),
        (23, 1, (0, 5), [(1, 2), (1, 3), (4, 4)]),
    ):
        train, test = two_sets(seed, (8, 6), planted)
        for place in again:
            train[place] = train[source]
        expect_pairs(student, train, test, hint)


@check("find_exact_duplicates", points=1, title="images that are almost the same are no duplicates")
def almost_the_same(student):
    train, test = two_sets(31, (8, 8), [(7, 0)])
    test[1] = train[1]
    test[1, 2, 4, 3] += 1e-5  # the last number of the last channel
    test[2] = train[2] + 1e-6
    test[3] = train[3].flip(-1)  # the same numbers at other places
    test[4] = train[4].flip(0)
    test[5] = -train[5]
    expect_pairs(student, train, test, " Equal means equal in every number, at the same place.")
    train, test = two_sets(32, (6, 6), [(0, 5), (4, 4)], shape=(1, 8, 8), dtype=torch.uint8)
    test[1] = train[1]
    test[1, 0, 7, 7] = 255 - test[1, 0, 7, 7]
    test[2] = train[2].flip(1)
    expect_pairs(student, train, test, " Equal means equal in every number, at the same place.")
    # Whole numbers that do not overflow: here the differences to a mirrored image sum to exactly 0.
    train, test = two_sets(33, (5, 4), [(4, 1)], dtype=torch.int64)
    test[0] = train[0].flip(-1)
    expect_pairs(student, train, test, " Equal means equal in every number, at the same place.")


@check("find_exact_duplicates", points=1, title="images of any size and any type of number")
def any_images(student):
    for seed, shape, dtype in (
        (41, (1, 8, 8), torch.uint8),
        (42, (3, 2, 9), torch.float64),
        (43, (4, 1, 1), torch.int64),
        (44, (1, 6, 3), torch.float32),
    ):
        planted = [(4, 1), (2, 0)] if seed % 2 else [(0, 3)]
        expect_pairs(student, *two_sets(seed, (5, 4), planted, shape, dtype))
    expect_pairs(student, *two_sets(45, (1, 1), [(0, 0)]))


@check("find_exact_duplicates", points=1, title="an empty list without duplicates, many pairs with many")
def none_and_many(student):
    train, test = two_sets(51, (40, 30), [(39 - j, j) for j in range(30)], shape=(1, 8, 8), dtype=torch.uint8)
    expect_pairs(student, train, test)
    for seed in (52, 53):
        expect_pairs(student, *two_sets(seed, (6, 5), []))


# ------------------------------------------------------------------------------------------- grouped_split


def grouped(seed: int, sizes: dict[Any, int]) -> list:
    """Return the group of each image, in random order."""
    labels = [name for name, size in sizes.items() for _ in range(size)]
    return [labels[i] for i in np.random.default_rng(seed).permutation(len(labels))]


def nearest_sizes(sizes: Sequence[int], fraction: float) -> list[int]:
    """Return the numbers of test images that are as near to the wish as whole groups allow, none empty."""
    total = sum(sizes)
    sums = {sum(choice) for k in range(1, len(sizes)) for choice in combinations(sizes, k)}
    distances = {number: abs(number - fraction * total) for number in sums}
    return sorted(number for number in sums if distances[number] <= min(distances.values()) + 1e-6)


def nearest_to_whole(sizes: Sequence[int], fraction: float) -> set[int]:
    """Return the numbers of test images that are nearest to the wish made a whole number, either way."""
    total = sum(sizes)
    wish = round(fraction * total, 6)
    return {number for whole in (floor(wish), ceil(wish)) for number in nearest_sizes(sizes, whole / total)}


def side_of(value: Any, name: str) -> list[int]:
    """Return one side of the student's split as a list of places."""
    expect_type(value, Tensor, name)
    expect(
        value.dtype != torch.bool,
        f"{name} is a mask of True and False; expected the places themselves: `mask.nonzero().flatten()`.",
    )
    whole = not (value.is_floating_point() or value.is_complex())
    expect(
        whole or value.numel() == 0, f"{name} has dtype {value.dtype}; expected whole numbers (torch.int64)."
    )
    expect(
        value.ndim == 1, f"{name} has shape {tuple(value.shape)}; expected one dimension: a list of places."
    )
    return [int(place) for place in value.tolist()]


def split_of(
    student: Any, groups: Any, fraction: float, seed: int, kind: str = "list"
) -> tuple[list[int], list[int]]:
    """Call the student's function; return its two sides once each place occurs once and no group is torn."""
    given = {"list": list, "array": np.array, "tensor": torch.tensor, "tuple": tuple}[kind](groups)
    value = student.call("grouped_split", given, fraction, seed)
    expect_unchanged(student, "Read the groups; do not write into them.")
    expect_type(value, (tuple, list))
    expect(len(value) == 2, f"your function returned {len(value)} values; expected two, train and test.")
    train, test = side_of(value[0], "train"), side_of(value[1], "test")
    sizes = Counter(groups)
    case = f"for groups of {text_of(sizes.values())} images, test_fraction={fraction:.3g} and seed={seed}"
    advice = ""
    if kind == "tensor":
        advice = (
            " A set takes two tensors for different members even if their numbers are equal: use `.tolist()`."
        )
    for name, side in (("train", train), ("test", test)):
        expect(side, f"{case}, {name} is empty; each side holds at least one group.{advice}")
    places = Counter(train + test)
    strange = sorted(set(places) - set(range(len(groups))))
    expect(
        not strange,
        f"{case}, your split holds {strange[:1]}; places go from 0 to {len(groups) - 1}.",
    )
    lost = sorted(set(range(len(groups))) - set(places))
    expect(
        not lost, f"{case}, image {lost[0] if lost else ''} (and {len(lost) - 1} more) is on neither side."
    )
    twice = sorted(place for place, times in places.items() if times > 1)
    expect(not twice, f"{case}, image {twice[0] if twice else ''} occurs more than once.")
    torn = sorted({groups[i] for i in train} & {groups[i] for i in test}, key=str)
    if torn:
        here, there = (sum(groups[i] == torn[0] for i in side) for side in (train, test))
        expect(
            False,
            f"{case}, group {torn[0]!r} is on both sides: {here} of its images in train, {there} in test.",
        )
    return train, test


def text_of(numbers: Any) -> str:
    """Write numbers with commas and "and"."""
    texts = [str(number) for number in numbers]
    return ", ".join(texts[:-1]) + " and " + texts[-1]


def expect_nearest(groups: Sequence, fraction: float, train: Sequence[int], test: Sequence[int]) -> None:
    """Raise `Wrong` unless the number of test images is as near to the wish as whole groups allow."""
    sizes = list(Counter(groups).values())
    best = nearest_sizes(sizes, fraction)
    if len(test) in best:
        return
    message = (
        f"groups of {text_of(sizes)} images, test_fraction={fraction:.3g}: the wish is "
        f"{fraction * len(groups):.4g} test images. Yours has {len(test)}; {best[0]} can be had."
    )
    if len(train) in best:
        message += " Have you swapped the sides? The first tensor is train, the second test."
    elif len(test) in nearest_to_whole(sizes, fraction):
        message += " Do you make the wish a whole number first? It need not be one."
    expect(False, message)


@check("grouped_split", points=2, title="each image is on one side, and no group is on both")
def groups_stay_together(student):
    for seed, sizes, fraction in (
        (61, {10: 6, 20: 6, 30: 6, 40: 6, 50: 6, 60: 6}, 0.5),
        (62, {1: 4, 2: 5, 3: 3, 4: 6, 5: 4, 6: 5, 7: 4, 8: 5}, 0.4),
        (63, {0: 9, 1: 8, 2: 9, 3: 10, 4: 9}, 0.6),
    ):
        groups = grouped(seed, sizes)
        _, test = split_of(student, groups, fraction, seed)
        wish, largest = fraction * len(groups), max(sizes.values())
        expect(
            abs(len(test) - wish) <= largest,
            f"groups of {text_of(sizes.values())} images, test_fraction={fraction:.3g}: the wish is {wish:.4g} test "
            f"images, yours has {len(test)}. That is further off than one whole group.",
        )


@check("grouped_split", points=2, title="the test side is as near to the fraction as whole groups allow")
def nearest_fraction(student):
    for seed, sizes, wish in (
        (71, (10, 7, 6, 5), 13),
        (72, (12, 9, 9, 1, 1), 18),
        (73, (8, 7, 5, 3, 2), 15),
        (74, (20, 11, 9, 4, 3, 3), 20),
        (75, (17, 13, 11, 7, 5, 3, 2, 30, 19, 23, 29, 31), 95),
        (76, (9, 6, 4), 11),
    ):
        groups = grouped(seed, dict(enumerate(sizes)))
        fraction = wish / len(groups)
        for chosen_seed in (0, seed):
            expect_nearest(groups, fraction, *split_of(student, groups, fraction, chosen_seed))
    # A wish that is no whole number. Made whole, it lies nearer to another choice, or in the middle between two:
    # then the seed decides, so several seeds are asked.
    for seed, sizes, wish in (
        (77, (2, 3, 7), 2.9),
        (78, (3, 5, 9), 4.4),
        (79, (4, 6, 11), 4.6),
        (80, (2, 3, 7), 2.2),
    ):
        groups = grouped(seed, dict(enumerate(sizes)))
        fraction = wish / len(groups)
        for chosen_seed in (*range(6), seed):
            expect_nearest(groups, fraction, *split_of(student, groups, fraction, chosen_seed))


@check("grouped_split", points=1, title="neither side is empty, however small or large the fraction")
def neither_side_is_empty(student):
    for seed, sizes, fraction in (
        (81, (7, 4, 9), 0.01),
        (82, (7, 4, 9), 0.99),
        (83, (15, 12, 30, 11), 0.05),
        (84, (20, 6), 0.001),
        (85, (20, 6), 0.95),
    ):
        groups = grouped(seed, dict(enumerate(sizes)))
        expect_nearest(groups, fraction, *split_of(student, groups, fraction, seed))


@check("grouped_split", points=1, title="names and numbers; lists, tuples, arrays and tensors")
def any_groups(student):
    # Groups of equal size, so that a simple choice of groups is near enough.
    for seed, names, kind in (
        (91, ("anna", "ben", "carla", "dora"), "list"),
        (92, (-3, 7, 1000, 12), "tensor"),
        (93, (5, 2, 9, 4), "array"),
        (94, ("x", "y", "z", "w"), "tuple"),
        (95, ("left", "right", "up", "down"), "array"),
    ):
        groups = grouped(seed, {name: 4 for name in names})
        expect_nearest(groups, 0.5, *split_of(student, groups, 0.5, seed, kind))


@check("grouped_split", points=1, title="the same seed gives the same split, other seeds give others")
def the_seed_picks(student):
    for data, sizes, fraction in ((101, (5,) * 8, 0.25), (102, (4,) * 10, 0.3)):
        groups = grouped(data, dict(enumerate(sizes)))
        tests = []
        for seed in (0, 1, 2, 3, 10, 11, 42, 43, 100, 2024):
            first, second = (split_of(student, groups, fraction, seed) for _ in range(2))
            same = [sorted(side) for side in first] == [sorted(side) for side in second]
            expect(
                same, f"two calls with seed={seed} gave two different splits; the same seed gives the same."
            )
            tests.append(tuple(sorted(first[1])))
        different = len(set(tests))
        expect(
            different >= 3,
            f"ten seeds gave {different} different test {'set' if different == 1 else 'sets'} of {len(sizes)} "
            "groups of equal size. Does the choice depend on `seed`?",
        )


@check("grouped_split", points=1, title="a single group or an impossible fraction raises a ValueError")
def impossible_input(student):
    # A function that always raises, or never returns, does not pass.
    split_of(student, grouped(111, {1: 3, 2: 4}), 0.5, 0)
    for groups, fraction, why in (
        ([4] * 6, 0.5, "there is one group only"),
        (["a"] * 3, 0.2, "there is one group only"),
        ([], 0.5, "there is no group at all"),
        ([1, 1, 2, 2, 3], 0.0, "test_fraction is 0"),
        ([1, 1, 2, 2, 3], 1.0, "test_fraction is 1"),
        ([1, 2, 2, 3], 1.5, "test_fraction is 1.5"),
        ([1, 2, 2, 3], -0.2, "test_fraction is -0.2"),
        ([1, 2, 2, 3], 30, "test_fraction is 30: per cent, perhaps"),
    ):
        expect_raises(student, "grouped_split", (groups, fraction, 0), kind="ValueError", why=why)

"""The digits: fixed, disjoint, nested and balanced splits, and errors that say what to do."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import chain

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from headstart.data import Digits, all_digits
from headstart.models import CountsPreset
from headstart.names import UnknownName

SIZES = {"train": 500, "val": 500, "test": 797}

# The splits of seed 0 and of seed 1: train, val, test. They must never change, or results could not be compared.
DIGESTS = ["c3af6be7e839", "569a435fb8ca", "71098fbd3a43", "2de48faa2a22", "b3d53c90d3e2", "3750f64d9236"]


@pytest.mark.parametrize("seed", [0, 1, 2, 12345])
def test_the_splits_are_disjoint_and_hold_every_digit(seed: int):
    indices = {split: Digits(split, seed=seed).indices.tolist() for split in SIZES}
    assert {split: len(places) for split, places in indices.items()} == SIZES
    assert sorted(chain.from_iterable(indices.values())) == list(range(1797))


def test_no_image_of_one_split_is_in_another():
    pixels = [{tuple(image) for image in Digits(split).data.flatten(1).tolist()} for split in SIZES]
    assert not pixels[0] & pixels[1] and not pixels[0] & pixels[2] and not pixels[1] & pixels[2]


@pytest.mark.parametrize("size", [50, 57, 100, 200, 499, 500])
def test_training_sets_are_balanced_and_nested(size: int):
    pool, train = Digits("train", seed=3), Digits("train", size=size, seed=3)
    assert len(train) == size
    assert torch.equal(train.indices, pool.indices[:size])
    per_digit = Counter(train.targets.tolist())
    assert len(per_digit) == 10 and max(per_digit.values()) - min(per_digit.values()) <= 1


def test_validation_set_is_balanced_and_test_set_nearly_so():
    assert set(Counter(Digits("val").targets.tolist()).values()) == {50}
    assert set(Counter(Digits("test").targets.tolist()).values()) <= set(range(74, 84))


def test_a_seed_means_the_same_split_on_every_machine():
    digests = [
        hashlib.sha256(Digits(split, seed=seed).indices.numpy().tobytes()).hexdigest()[:12]
        for seed in (0, 1)
        for split in SIZES
    ]
    assert digests == DIGESTS
    assert torch.equal(Digits("train", seed=5).indices, Digits("train", seed=5).indices)
    assert not torch.equal(Digits("train", seed=5).indices, Digits("train", seed=6).indices)


def test_loading_leaves_the_global_random_numbers_alone():
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    Digits("train", seed=9)
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)


def test_data_and_targets_are_those_of_scikit_learn():
    images, labels = all_digits()
    test = Digits("test", seed=2)
    assert test.data.dtype == torch.uint8 and test.data.shape == (797, 8, 8) and test.data.max() == 16
    assert test.targets.dtype == torch.int64
    assert torch.equal(test.data, images[test.indices]) and torch.equal(test.targets, labels[test.indices])
    assert test.classes == tuple("0123456789")


def test_items_and_tensors_agree():
    train = Digits("train", size=50)
    images, labels = train.tensors()
    assert images.shape == (50, 3, 32, 32) and images.dtype == torch.float32
    assert labels.shape == (50,) and labels.dtype == torch.int64
    image, label = train[7]
    assert torch.equal(image, images[7]) and label == int(labels[7]) and isinstance(label, int)
    assert torch.equal(images, CountsPreset()(train.data))


def test_changing_the_tensors_does_not_change_the_data():
    train = Digits("train", size=50)
    images, labels = train.tensors()
    images.zero_(), labels.zero_(), train.data.zero_(), train.targets.zero_()
    again = Digits("train", size=50)
    assert again.data.any() and again.targets.any()


def test_your_own_transform_takes_the_place_of_the_preset():
    train = Digits("train", size=50, transform=lambda counts: counts.float() / 16)
    image, _ = train[0]
    assert image.shape == (1, 8, 8) and image.max() <= 1
    images, _ = train.tensors()
    assert images.shape == (50, 1, 8, 8) and torch.equal(images[0], image)


def test_a_data_loader_takes_it():
    images, labels = next(iter(DataLoader(Digits("val"), batch_size=32, shuffle=True)))
    assert images.shape == (32, 3, 32, 32) and labels.shape == (32,)


def test_walking_over_it_ends():
    assert len(list(Digits("train", size=50))) == 50


def test_it_says_what_it_is():
    assert repr(Digits("train", size=50, seed=3)) == "Digits('train', size=50, seed=3)"


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"split": "valid"}, UnknownName, "unknown split 'valid'. Did you mean 'val'"),
        ({"split": "xyz"}, UnknownName, "unknown split 'xyz'. There are: test, train, val."),
        ({"size": 49}, ValueError, "size is 49; pass 50 to 500 training digits, or None for all"),
        ({"size": 501}, ValueError, "size is 501"),
        ({"size": 100.0}, TypeError, "size is 100.0, a float; pass an integer"),
        ({"size": True}, TypeError, "size is True, a bool"),
        ({"split": "test", "size": 100}, ValueError, "only 'train' has a size"),
        ({"seed": -1}, ValueError, "seed is -1; pass an integer from 0"),
        ({"seed": "0"}, TypeError, "seed is '0', a str; pass an integer"),
    ],
)
def test_bad_input_is_refused(arguments: dict, kind: type[Exception], message: str):
    with pytest.raises(kind) as caught:
        Digits(**arguments)
    assert message in str(caught.value)

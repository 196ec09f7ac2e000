"""Replies that no worker would send: the trusted side takes nothing but their form for granted."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
import torch
from classroom import ASSIGNMENTS, LESSONS

from autograder.judge import judge
from autograder.student import BadReply, Student
from autograder.wire import ModelState, StructureChanged, WireError, decode, pack, split


class Forger:
    """A transport whose other end says whatever it likes."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply

    def request(self, block: bytes, seconds: float) -> bytes:
        return self.reply


def block(tree: Any, sizes: list[int] | None = None, body: bytes = b"") -> bytes:
    header = json.dumps([tree, sizes or []]).encode()
    return struct.pack("<Q", len(header)) + header + body


def tensor(shape: list[int], dtype: str = "float32") -> dict[str, Any]:
    return {"t": "tensor", "d": dtype, "s": shape, "g": False, "b": 0}


FORGED = {
    "nothing": b"",
    "no header": b"\xff" * 64,
    "a header longer than the block": struct.pack("<Q", 2**62) + b"[]",
    "a header that takes gigabytes": struct.pack("<Q", 9_000_000) + b"[[" + b"[]," * 2_999_999,
    "a header nested for ever": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "a tree nested too deeply": block(json.loads("[" * 80 + "]" * 80)),
    "sizes that do not add up": block(None, [2**60], b"x"),
    "an unknown kind": block({"t": "pickle", "v": "cos\nsystem\n"}),
    "a kind that is a list": block({"t": ["tensor"]}),
    "rows without end": block(tensor([2**40, 0]), [0]),
    "a shape that overflows": block(tensor([2**62, 2**62]), [4], b"1234"),
    "a negative shape": block(tensor([-1]), [4], b"1234"),
    "a number of a thousand digits": block(10**1000),
    "the same in hexadecimal": block({"t": "int", "v": "f" * 900}),
    "an array of objects": block({"t": "array", "d": "O", "s": [1], "b": 0}, [8], b"12345678"),
    "an array of impossible characters": block(
        {"t": "array", "d": "<U1", "s": [1], "b": 0}, [4], b"\xff" * 4
    ),
    "a problem without a name": pack({"problem": 5}),
    "points in place of a value": pack({"score": 6.0, "earned": 6.0, "outcome": "passed"}),
    "arguments left out": pack({"value": (1, 2, 3, 4), "args": [], "kwargs": {}}),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reply_earns_nothing(name: str) -> None:
    exercise = LESSONS[ASSIGNMENTS[0]].exercises[0]
    verdict = judge(exercise, Student(Forger(FORGED[name]), 1.0))
    assert verdict.score == 0
    assert verdict.outcome == "error"


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reply_is_told_apart(name: str) -> None:
    with pytest.raises(Exception) as raised:
        Student(Forger(FORGED[name]), 1.0).call("f", [1, 2])
    assert isinstance(raised.value, BadReply)


@pytest.mark.parametrize(
    "value",
    [torch.empty(2**40, 0), np.empty((2**30, 0)), torch.zeros(300_000), 10**400, ["x" * 999_999] * 5],
    ids=["rows without end", "array", "long", "digits", "texts"],
)
def test_what_a_check_could_not_walk_through_does_not_travel(value: Any) -> None:
    with pytest.raises(WireError):
        pack(value)


def test_every_int_that_travels_can_become_a_float() -> None:
    assert float(decode(split(pack(2**1000 - 1)))) > 1e300


@pytest.mark.parametrize(
    ("arch", "classes", "options"),
    [
        ("vit_h_14", 10_000, {}),
        ("resnet18", 10, {"no_such_option": 1}),
        ("no_such", 10, {}),
        ("resnet18", 10**9, {}),
    ],
)
def test_a_model_that_claims_to_be_another_is_not_built(
    arch: str, classes: int, options: dict[str, Any]
) -> None:
    """Looked at in outline only: the weights of the largest would fill the grader's memory."""
    small = {"fc.weight": torch.zeros(10, 2)}
    state = ModelState(arch, small, {"fc.weight": True}, {"": True}, {"": "ResNet"}, [], classes, options)
    with pytest.raises(StructureChanged):
        state.rebuild()

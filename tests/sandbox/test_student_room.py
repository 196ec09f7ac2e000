"""Checks call a student's functions across the wall as they do in one process."""

from __future__ import annotations

import time

import pytest
import torch

from autograder.sandbox import Sandbox, SandboxUnavailable
from autograder.sandbox.transport import StudentKilled, student_room
from autograder.student import MissingFunction, NotAttempted, Student, StudentError, StudentTimeout

# One process for all: they share a zygote.
pytestmark = pytest.mark.xdist_group("sandbox-full")

ANSWER = """
import torch
print("loaded")
def double(values):
    values *= 2
    return values
def fails():
    return [][1]
def stub():
    raise NotImplementedError
def for_ever():
    while True:
        try:
            while True: pass
        except BaseException: pass
def leaves():
    import os
    os._exit(0)
def large():
    return torch.zeros(40_000_000)
class Counter:
    def __init__(self): self.n = 0
    def up(self):
        self.n += 1
        return self.n
"""


def loaded(transport, seconds: float) -> Student:
    student = Student(transport, seconds=seconds)
    student.load("double")
    return student


@pytest.fixture
def student(full_sandbox):
    with student_room(full_sandbox, ANSWER) as transport:
        yield loaded(transport, 5.0)


def test_values_travel_both_ways(student):
    assert torch.equal(student.call("double", torch.ones(2, 2)), torch.full((2, 2), 2.0))
    assert student.last.changed == ["argument 1"]
    counter = student.new("Counter")
    assert [counter.call("up"), counter.call("up")] == [1, 2]


def test_problems_are_told_as_in_one_process(student):
    with pytest.raises(StudentError, match="IndexError"):
        student.call("fails")
    with pytest.raises(NotAttempted):
        student.call("stub")
    with pytest.raises(MissingFunction):
        student.call("dubble")


def test_a_call_that_never_ends_is_a_timeout(full_sandbox):
    with student_room(full_sandbox, ANSWER) as transport:
        student = loaded(transport, 5.0)
        student.seconds = 0.5
        with pytest.raises(StudentTimeout):
            student.call("for_ever")


def test_a_process_that_leaves_is_killed_and_says_so(student):
    with pytest.raises(StudentKilled, match="exit"):
        student.call("leaves")


def test_a_result_that_is_too_large_is_the_students_error(student):
    with pytest.raises(StudentError):
        student.call("large")
    assert student.call("double", 2) == 4


def test_code_that_does_not_load_is_told(full_sandbox):
    with (
        student_room(full_sandbox, "def f(:\n") as transport,
        pytest.raises(StudentError, match="SyntaxError"),
    ):
        Student(transport, seconds=5.0).load("f")


def test_a_second_grader_shares_the_zygote(full_sandbox):
    with Sandbox(address=full_sandbox.address) as second:
        with student_room(second, ANSWER) as transport:
            assert loaded(transport, 5.0).call("double", 4) == 8
            closed_with = second._tenancies["room 1"]
            second.close()
        assert closed_with.wait(5.0) is not None
    assert full_sandbox.alive
    with student_room(full_sandbox, ANSWER) as transport:
        assert loaded(transport, 5.0).call("double", 4) == 8


def test_an_address_without_a_zygote_is_one_clear_line(tmp_path):
    with pytest.raises(SandboxUnavailable, match="no zygote answers at"):
        Sandbox(address=str(tmp_path / "nothing"))


def test_the_zygotes_end_is_noticed(tmp_path):
    from autograder.sandbox import RoomEnded
    from autograder.sandbox.doctor import PRELOADED

    try:
        sandbox = Sandbox(preload=PRELOADED)
    except SandboxUnavailable as problem:
        pytest.skip(str(problem))
    with sandbox, sandbox.worker("autograder.sandbox.probes:serve") as worker:
        sandbox.kill()
        with pytest.raises(RoomEnded) as raised:
            worker.request({"source": "import time\ndef attack(): time.sleep(60)"}, seconds=10.0)
        assert raised.value.ending.reason == "grader gone"
        end = time.monotonic() + 5.0
        while sandbox.alive and time.monotonic() < end:
            time.sleep(0.01)
        with pytest.raises(SandboxUnavailable, match="the zygote is gone"):
            sandbox.worker("autograder.sandbox.probes:serve").__enter__()

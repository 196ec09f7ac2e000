"""What the `checks.py` of a lesson imports: the `check` decorator, models to hand out, and expectations.

    from autograder.checks import check, expect, fresh_model

    @check("freeze_all_but_fc", points=2, title="only fc.weight and fc.bias require gradients")
    def only_fc_trains(student):
        state = student.call("freeze_all_but_fc", fresh_model("nested_fc"))
        expect(state.requires_grad["fc.weight"], "fc.weight is frozen too")

A check is trusted code. It calls the student's function through the handle `student` and sees plain data:
`student.call(...)` returns the decoded value, `student.last` tells what the call did to its arguments.
A check is all or nothing. It runs with a seeded random state, so it gives the same verdict every time.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.architectures import fresh_model
from autograder.expect import (
    INTEGER,
    NUMBER,
    Wrong,
    expect,
    expect_close,
    expect_raises,
    expect_tensor,
    expect_type,
    expect_unchanged,
    model_after,
    more,
    show,
    single_number,
)
from autograder.wire import Loader, ModelState, Opaque

if TYPE_CHECKING:
    from autograder.student import Student

__all__ = [
    "INTEGER",
    "NUMBER",
    "Check",
    "Loader",
    "ModelState",
    "Opaque",
    "Wrong",
    "check",
    "expect",
    "expect_close",
    "expect_raises",
    "expect_tensor",
    "expect_type",
    "expect_unchanged",
    "fresh_model",
    "model_after",
    "more",
    "show",
    "single_number",
]

CheckFunction = Callable[["Student"], None]


@dataclass(frozen=True)
class Check:
    """One hidden check of an exercise: `id` is the name of its function, `title` what students read."""

    id: str
    exercise: str
    title: str
    points: float
    run: CheckFunction
    file: str
    line: int


_collected: ContextVar[list[Check] | None] = ContextVar("_collected", default=None)


@contextmanager
def collecting() -> Iterator[list[Check]]:
    """Collect, in order, every check that is defined while this context is open."""
    checks: list[Check] = []
    token = _collected.set(checks)
    try:
        yield checks
    finally:
        _collected.reset(token)


def check(exercise: str, *, points: float, title: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated function as a check of `exercise`, worth `points`, described by `title`.

    Raises:
        ValueError: the points are not a positive number, or the title is empty or longer than 120 characters.
    """
    if isinstance(points, bool) or not isinstance(points, (int, float)) or not points > 0:
        raise ValueError(f"points={points!r} in a check of {exercise!r}: pass a positive number.")
    if not isinstance(title, str) or not 0 < len(title.strip()) <= 120:
        raise ValueError(f"title={title!r} in a check of {exercise!r}: pass a line of 1 to 120 characters.")

    def register(function: CheckFunction) -> CheckFunction:
        found = _collected.get()
        if found is not None:
            code = inspect.unwrap(function).__code__
            found.append(
                Check(
                    function.__name__,
                    exercise,
                    title.strip(),
                    points,
                    function,
                    code.co_filename,
                    code.co_firstlineno,
                )
            )
        return function

    return register

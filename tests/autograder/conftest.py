"""A small course for the tests of the judge: numbers, a model, a class, and a loop to repair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.course import Course, Exercise
from autograder.judge import Verdict, judge_answer
from autograder.source import Answer

EXERCISES = '''\
# %% [markdown]
# # Exercises

# %%
import torch
from torch import nn

# %% [markdown] exercise="double" role="card"
# ### `double` the numbers

# %% exercise="double" role="solution"
def double(values: list[float], by: int = 2) -> list[float]:
    """Return each value times `by`."""
    ### BEGIN SOLUTION
    return [value * by for value in values]
    ### END SOLUTION

# %% [markdown] exercise="freeze" role="card"
# ### Freeze all but `fc`

# %% exercise="freeze" role="solution"
def freeze(model: nn.Module) -> nn.Module:
    """Freeze all parameters but those of `fc`, in place."""
    ### BEGIN SOLUTION
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    return model
    ### END SOLUTION

# %% [markdown] exercise="Counter" role="card"
# ### A class

# %% exercise="Counter" role="solution"
class Counter:
    """Counts calls of `step`."""

    def __init__(self, start: int = 0) -> None:
        ### BEGIN SOLUTION
        self.count = start
        ### END SOLUTION

    def step(self, model: nn.Module | None = None) -> int:
        """Add one and return the count."""
        ### BEGIN SOLUTION
        self.count += 1
        return self.count
        ### END SOLUTION

# %% [markdown] exercise="fix_the_sum" role="card"
# ### Repair the loop

# %% exercise="fix_the_sum" role="solution"
def fix_the_sum(values):
    """Return the sum."""
    total = 0
    for value in values:
        total += value
    return total

# %% exercise="fix_the_sum" role="stub"
def fix_the_sum(values):
    """Return the sum."""
    total = 0
    for value in values:
        total = value
    return total
'''

CHECKS = """\
from torch import nn

from autograder.checks import (
    check, expect, expect_close, expect_raises, expect_type, expect_unchanged, fresh_model,
)

@check("double", points=2, title="each value is doubled")
def doubled(student):
    for values in ([1, 2, 3], [0.5], [-4.0, 7.0]):
        got = student.call("double", list(values))
        expect_type(got, list)
        expect_close(got, [2 * value for value in values], what="`double(...)`")

@check("double", points=1, title="`by` is used")
def by_is_used(student):
    expect_close(student.call("double", [1.0, 2.0], by=5), [5.0, 10.0], what="`double(..., by=5)`")

@check("double", points=1.5, title="the input stays as it was")
def input_stays(student):
    student.call("double", [3.0, 4.0])
    expect_unchanged(student, "Build a new list.")

@check("freeze", points=2, title="only fc trains")
def only_fc(student):
    for arch in ("tiny_cnn", "nested_fc"):
        model = student.call("freeze", fresh_model(arch))
        expect_type(model, nn.Module)
        for name, flag in model.requires_grad.items():
            expect(flag == name.startswith("fc."), f"{name} has requires_grad={flag} in {arch}")
        model.rebuild()

@check("freeze", points=1, title="the same model is returned")
def same_model(student):
    student.call("freeze", fresh_model("tiny_cnn"))
    expect(student.last.returned_argument == 0, "your function returned another object than the model")

@check("Counter", points=1, title="counts up")
def counts_up(student):
    counter = student.new("Counter", 3)
    counter.call("step")
    expect_close(counter.call("step"), 5, what="the second `step()`")
    expect_close(counter.get("count"), 5, what="`count`")

@check("fix_the_sum", points=1, title="sums up")
def sums_up(student):
    expect_close(student.call("fix_the_sum", [1, 2, 4]), 7, what="the sum of 1, 2, 4")
"""


def write_course(
    folder: Path, exercises: str = EXERCISES, checks: str = CHECKS, slug: str = "01_first"
) -> Path:
    """Write a lesson into the course folder `folder`."""
    lesson = folder / slug
    lesson.mkdir(parents=True, exist_ok=True)
    (lesson / "exercises.py").write_text(exercises)
    (lesson / "checks.py").write_text(checks)
    return folder


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The small course."""
    return Course(write_course(tmp_path_factory.mktemp("small") / "course"))


@pytest.fixture
def use_course(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Let `Course.find` give the small course."""
    monkeypatch.setenv("HEADSTART_COURSE", str(course.path))
    return course


@pytest.fixture(scope="session")
def double(course: Course) -> Exercise:
    """The exercise `double`."""
    return course.exercise("double")


@pytest.fixture
def judged(course: Course) -> Callable[..., Verdict]:
    """Judge source text as an answer to an exercise of the small course."""

    def run(exercise: str, source: str, seconds: float = 20.0) -> Verdict:
        return judge_answer(course.exercise(exercise), Answer(dedent(source)), seconds)

    return run


@pytest.fixture(scope="session")
def make_course() -> Callable[..., Course]:
    """Write a course of your own: `make_course(folder, exercises, checks, slug)`."""
    return lambda folder, *texts, **named: Course(write_course(folder, *texts, **named))

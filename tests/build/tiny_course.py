"""A course of one tiny lesson, for tests of the build that need no real lesson. Used by the fixtures."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "03_tiny"

LESSON = """\
# %% [markdown]
# # Lesson 3 · Tiny numbers
#
# How small is small?

# %%
import math

# %% [markdown]
# A sum.

# %% tags=["figure"]
math.fsum([0.1] * 10)
"""

HINTS = "\n".join(f"# <details><summary>Hint {n}</summary>look</details>" for n in (1, 2, 3))

EXERCISES = f"""\
# %% [markdown]
# # Exercises 3 · Tiny numbers

# %%
import headstart

# %% [markdown] exercise="halve" role="card"
# ## 1 · `halve`
#
# **Easy · 5 minutes · 3 points**
#
{HINTS}

# %% exercise="halve" role="solution"
def halve(number: float) -> float:
    \"\"\"Return half of `number`.\"\"\"
    ### BEGIN SOLUTION
    secret_divisor = 2
    return number / secret_divisor
    ### END SOLUTION


# %% exercise="halve" role="examples"
def half_of_four() -> None:
    \"\"\"half of 4 is 2\"\"\"
    assert halve(4) == 2


headstart.check("halve", half_of_four)

# %% [markdown] exercise="halve" role="explanation"
# Half is a division, said only here.

# %% [markdown] exercise="repair" role="card"
# ## 2 · `repair`
#
{HINTS}

# %% exercise="repair" role="stub"
def repair(number: int) -> int:
    \"\"\"Return the next number. This version has a bug.\"\"\"
    return number - 1


# %% exercise="repair" role="solution"
def repair(number: int) -> int:
    \"\"\"Return the next number.\"\"\"
    ### BEGIN SOLUTION
    return number + 1
    ### END SOLUTION


# %% exercise="repair" role="examples"
def after_four() -> None:
    \"\"\"after 4 comes 5\"\"\"
    assert repair(4) == 5


headstart.check("repair", after_four)
"""

CHECKS = """\
from autograder.checks import check, expect


@check("halve", points=1, title="half of six")
def six(student):
    expect(student.call("halve", 6) == 3, "half of 6 is 3")


@check("halve", points=2, title="half of an odd number")
def odd(student):
    expect(student.call("halve", 5) == 2.5, "half of 5 is 2.5, secret message")


@check("repair", points=1, title="the number after nine")
def nine(student):
    expect(student.call("repair", 9) == 10, "after 9 comes 10")
"""

LEVELS = ["easy"] * 4 + ["medium"] * 4 + ["hard"] * 2


def question(name: str, level: str) -> str:
    """Return a question with one option of three that is right, as an item of a YAML list."""
    return f"""\
  - id: tiny.{name}
    kind: single
    difficulty: {level}
    topic: numbers
    stem: Which of these is {name}?
    options:
      - {{text: first of {name}, correct: true, why: reason one of {name}}}
      - {{text: second of {name}, why: reason two of {name}}}
      - {{text: third of {name}, why: reason three of {name}}}
    hint: a hint for {name}
    steps: [a step for {name}]
"""


def drawn(name: str, level: str) -> str:
    """Return a question for a number, drawn from the learner's id, as an item of a YAML list."""
    return f"""\
  - id: tiny.{name}
    kind: numeric
    difficulty: {level}
    topic: numbers
    stem: What is {{a}} and {{b}} together?
    draw: {{a: [1, 9], b: [11, 19]}}
    let: {{total: a + b}}
    answer: total
    traps: [{{value: b - a, why: you took the difference of {name}}}]
    hint: a hint for {name}
    steps: ["{{a}} + {{b}} = {{answer}}"]
"""


QUIZ = (
    "lesson: tiny\nquestions:\n"
    + drawn("sum", LEVELS[0])
    + "".join(question(f"graded-{n}", level) for n, level in enumerate(LEVELS[1:], start=2))
    + "practice:\n"
    + "".join(question(f"practice-{n}", "easy") for n in (1, 2, 3))
    + "predictions:\n  - {id: tiny.guess, kind: numeric, stem: 'How many?', low: 0, high: 10}\n"
)


def write_lesson(root: Path, name: str = NAME) -> Path:
    """Write the tiny lesson under the folder name `name` and return its folder."""
    number, slug = name.split("_", 1)
    folder = root / "course" / name
    folder.mkdir(parents=True)
    files = {"lesson.py": LESSON, "exercises.py": EXERCISES, "checks.py": CHECKS, "quiz.yaml": QUIZ}
    for file_name, text in files.items():
        text = text.replace("tiny.", f"{slug}.").replace("lesson: tiny", f"lesson: {slug}")
        text = text.replace("Lesson 3", f"Lesson {int(number)}")
        (folder / file_name).write_text(text, encoding="utf-8")
    return folder

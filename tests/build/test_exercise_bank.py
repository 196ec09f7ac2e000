"""The learner's bank of exercises: hints, visible examples, and nothing that students do not get anyway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_course import NAME

from autograder.build.errors import SourceError
from autograder.build.exercise_bank import exercise_bank, exercise_bank_text


def test_an_exercise_in_the_bank(tiny: Path) -> None:
    bank = exercise_bank(tiny, tiny / "course" / NAME)
    assert (bank["assignment"], bank["setup"]) == (NAME, "import headstart")
    halve, repair = bank["exercises"]
    assert halve == {
        "name": "halve",
        "title": "1 · halve",
        "signature": "def halve(number: float) -> float",
        "hints": [{"title": "", "text": "look"}] * 3,
        "examples": 'def half_of_four() -> None:\n    """half of 4 is 2"""\n    assert halve(4) == 2\n',
        "example_names": ["half_of_four"],
    }
    assert repair["stub"].startswith("def repair(") and "number - 1" in repair["stub"]


def test_the_bank_has_neither_solution_nor_explanation_nor_check(tiny: Path) -> None:
    text = exercise_bank_text(tiny, tiny / "course" / NAME)
    for secret in ("secret_divisor", "SOLUTION", "said only here", "half of 6", "number + 1", "points"):
        assert secret not in text
    assert json.loads(text)["notebook"] == f"quizzes/{NAME}/exercises.ipynb"


def test_a_hint_without_text_names_file_line_and_exercise(tiny: Path, edit) -> None:
    edit(
        "exercises.py",
        "# **Easy · 5 minutes · 3 points**\n#\n# <details><summary>Hint 1</summary>look</details>",
        "# **Easy · 5 minutes · 3 points**\n#\n# <details><summary>Hint 1</summary></details>",
    )
    with pytest.raises(SourceError, match=r"exercises\.py:\d+: exercise 'halve', role 'card': its 3 hints"):
        exercise_bank(tiny, tiny / "course" / NAME)

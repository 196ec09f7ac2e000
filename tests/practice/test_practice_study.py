"""Ways to study: what each mode leads to, in Markdown and in words; the lists to choose from; wrong names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ipywidgets import HTML, Dropdown
from practice_samples import LESSONS

import headstart
from headstart.names import UnknownName
from headstart.practising import study as modes
from headstart.practising.study import MODES, code_page, debug_page, read_page, visual_page
from headstart.questions.banks import BANK_FOLDER, load_banks

SUMS, SHAPES = LESSONS


@pytest.fixture(autouse=True)
def _lessons(two_lessons: Path) -> None:
    """All tests here use the sample lessons."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was opened: practice and review are stood in for."""
    calls: list[Any] = []
    monkeypatch.setattr(
        headstart,
        "practice",
        lambda lesson, **options: calls.append((lesson, options)) or "round",
        raising=False,
    )
    monkeypatch.setattr(
        headstart, "review", lambda lesson: calls.append((lesson, "cards")) or "cards", raising=False
    )
    return calls


def test_pages_lead_into_the_lesson() -> None:
    assert read_page(SUMS) == (
        "**Lesson 1 · Sums**, about 5 minutes. On the web site: the page `lessons/01_sums.html`.\n\n"
        "- [Add: two numbers](<01_sums.ipynb#cell-id=1a>)\n"
        "- [Carry `one`?](<01_sums.ipynb#cell-id=2b>)\n"
        "- [Key result](<01_sums.ipynb#cell-id=3c>)"
    )
    assert "- [Add: two numbers](<01_sums.ipynb#cell-id=1a>)" in visual_page(SUMS)
    assert "[exercises](<../quizzes/01_sums/exercises.ipynb>)" in code_page(SUMS)
    assert "- `add` (easy, about 3 minutes)\n- `carry`" in code_page(SUMS)
    assert "[Carry `one`?](<01_sums.ipynb#cell-id=2b>)" in debug_page(SUMS)


def test_a_lesson_without_something_says_so() -> None:
    assert visual_page(SHAPES).startswith("Lesson 2 · Wide shapes has no explorer.")
    assert debug_page(SHAPES).startswith("Lesson 2 · Wide shapes has no code with a bug.")
    assert "exercises" not in code_page(SHAPES)


def test_modes_in_words(capsys: pytest.CaptureFixture[str], opened: list[Any]) -> None:
    assert headstart.study("sums", mode="Live code") is None
    assert capsys.readouterr().out == (
        "Change and run. Open Lesson 1 · Sums (01_sums.ipynb), run it, change one number in a cell and run that "
        "cell again.\n\nWrite. In the exercises (../quizzes/01_sums/exercises.ipynb):\n\n"
        "- add (easy, about 3 minutes)\n- carry\n"
    )
    assert headstart.study("sums", mode="debug") == "round"
    assert "- Carry one?\n\nAnd code with a bug, for you to find:\n" in capsys.readouterr().out
    assert headstart.study("sums", mode="practice test") == "round"
    assert headstart.study("sums", mode="recall") == "cards"
    assert opened == [("01_sums", {"form": "bug"}), ("01_sums", {}), ("01_sums", "cards")]


def test_the_choice_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert headstart.study() is None
    text = capsys.readouterr().out
    assert "  02_wide_shapes: Wide shapes\n" in text
    assert "  debug: Debug. Code with a bug to find.\n" in text
    assert text.endswith('Choose with, for example: headstart.study("01_sums", mode="debug")\n')


def test_wrong_names_and_two_lessons() -> None:
    with pytest.raises(UnknownName, match=r"unknown mode 'debgu'. Did you mean 'debug'"):
        headstart.study("sums", mode="debgu")
    with pytest.raises(UnknownName, match=r"unknown lesson 'sumz'. Did you mean 'sums'"):
        headstart.study("sumz")
    with pytest.raises(ValueError, match="study one lesson at a time; got 01_sums, 02_wide_shapes"):
        headstart.study(["1", "2"])


def test_lists_to_choose_from(monkeypatch: pytest.MonkeyPatch, opened: list[Any]) -> None:
    monkeypatch.setattr(modes, "widgets_work", lambda: True)
    box = headstart.study()
    lessons, mode = (child for child in box.children if isinstance(child, Dropdown))
    assert (lessons.description, mode.description) == ("Lesson", "Study by")
    (said,) = (child for child in box.children if isinstance(child, HTML))
    assert said.value == '<div role="status">Choose how to study.</div>'
    lessons.value = SHAPES
    mode.value = "practice"
    assert opened == [("02_wide_shapes", {})]
    assert said.value == (
        '<div role="status">Ten questions, and more of what you miss. It stands below.</div>'
    )
    assert len([child for child in headstart.study("sums").children if isinstance(child, Dropdown)]) == 1


@pytest.mark.parametrize("bank", load_banks(BANK_FOLDER), ids=lambda bank: bank.assignment)
def test_every_lesson_of_the_course_has_every_mode(bank: Any) -> None:
    assert bank.about.title
    assert bank.about.minutes
    assert bank.about.explorers
    assert bank.about.broken
    assert "Key result" in read_page(bank)
    assert {"read", "code", "visual", "debug"} == set(modes.PAGES) <= set(MODES)

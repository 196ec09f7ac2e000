"""Practice where no widget can show: a whole round typed, help on the way, stopping, and the command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from practice_samples import LESSONS
from typer.testing import CliRunner

import headstart
from headstart.cli import app
from headstart.practising.records import Records
from headstart.practising.rounds import Round
from headstart.practising.text import run

SUMS, SHAPES = LESSONS


class Desk:
    """Stands for a terminal: types the lines that it was given, and keeps all that is shown."""

    def __init__(self, *lines: str) -> None:
        self.lines: Iterator[str] = iter(lines)
        self.shown = ""
        self.round_: Round | None = None

    def ask(self, prompt: str) -> str:
        """Type the next line; `right` and `wrong` stand for an answer to the current question."""
        self.shown += prompt
        line = next(self.lines, None)
        if line is None:
            raise EOFError
        if line in ("right", "wrong"):
            choices = self.round_.seen().choices
            return next(choice.letter for choice in choices if choice.correct == (line == "right"))
        return line

    def say(self, text: str) -> None:
        """Show `text`."""
        self.shown += text + "\n"

    def run(self, round_: Round) -> str:
        """Run `round_` here and return all that was shown."""
        self.round_ = round_
        run(round_, ask=self.ask, say=self.say)
        return self.shown


def bugs() -> Round:
    """A round of one single-choice question, about carrying."""
    return Round([SUMS], "ada", Records(), form="bug")


def test_a_round_is_typed_to_its_end() -> None:
    shown = Desk("wrong", "?", "right", "n").run(bugs())
    assert shown.startswith("\nQuestion 1 of 1 (find the bug, easy)\n\nIs it so?\n\n  a) ")
    assert "Pick one. For example b; ? for a hint, Enter for “I do not know”, q to stop: " in shown
    assert "Not right. Why " in shown
    assert "Hint: Think." in shown
    assert "Right. Why yes." in shown
    assert "0 of 1 right at the first try.\nGo back to:\n" in shown
    assert "  carrying (1 of 1 missed): Lesson 1 · Sums, section “Carry one?”\n" in shown
    assert shown.endswith("Another round? y or n: ")
    assert [answer.correct for answer in Records().answers()] == [False]


def test_another_round_knows_the_first() -> None:
    desk = Desk("right", "yes", "q")
    shown = desk.run(bugs())
    assert "1 of 1 right at the first try.\nNothing was missed." in shown
    assert shown.count("Question 1 of 1") == 2
    assert shown.endswith("Stopped at question 1 of 1. What you answered is kept.\n")


def test_not_knowing_shows_the_steps() -> None:
    shown = Desk("", "n").run(bugs())
    assert (
        "It counts as missed, and its idea comes again.\nWorked steps:\n  First this.\n  Then that." in shown
    )
    assert "0 of 1 right" in shown


def test_unreadable_input_is_asked_again() -> None:
    shown = Desk("z", "right", "n").run(bugs())
    assert "This cannot be read: there is no option 'z'; the letters here are a to c." in shown
    assert "1 of 1 right" in shown


def test_stopping_keeps_what_was_answered(course: Path) -> None:
    shown = Desk("").run(Round([SUMS], "ada", Records()))
    assert "Stopped at question 2 of 4. What you answered is kept." in shown
    assert "0 of 1 right at the first try." in shown
    assert len(json.loads((course / "my_learning/practice.json").read_text())["answers"]) == 1
    assert "right at the first try" not in Desk().run(Round([SUMS], "ada", Records()))


def test_where_nobody_can_type_one_line_says_so(
    two_lessons: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert headstart.practice("01") is None
    assert capsys.readouterr().out == (
        "Practice asks, and nobody can type an answer here. "
        "Call it in a notebook, or type `headstart practice` in a terminal.\n"
    )


def test_a_terminal_gets_the_text_form(
    two_lessons: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("q\n"))
    assert headstart.practice("01") is None
    assert "Question 1 of 4" in capsys.readouterr().out


def test_the_command(two_lessons: Path) -> None:
    runner = CliRunner()
    result = runner.invoke(app, ["practice", "sums", "02", "--count", "3"], input="\n\nq\n")
    assert result.exit_code == 0
    assert "Question 1 of 3 (" in result.output
    assert "Stopped at question 3 of 3. What you answered is kept." in result.output
    everything = runner.invoke(app, ["practice"], input="q\n")
    assert "Question 1 of 5 (" in everything.output
    for arguments, message in {
        ("sum",): "error: unknown lesson 'sum'. Did you mean 'sums'",
        ("sums", "--form", "bugs"): "error: unknown form 'bugs'. Did you mean 'bug'?",
        ("02", "--form", "bug"): "error: there is no find-the-bug question to practise in 02_wide_shapes;",
    }.items():
        refused = runner.invoke(app, ["practice", *arguments])
        assert refused.exit_code == 2
        assert refused.output.startswith(message)
        assert refused.output.count("\n") == 1

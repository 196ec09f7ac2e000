"""A review in lines: what is asked and said, typed answers that cannot be read, places without input."""

from __future__ import annotations

import io
from typing import Any

import pytest
from fsrs import Rating

import headstart
from headstart.flashcards import load_deck
from headstart.flashcards.memory import Memory
from headstart.flashcards.session import Session
from headstart.flashcards.text import NO_INPUT, NOTHING_YET, review_in_text

SOME = load_deck("07_freezing")[:2]


def talk(clock: Any, typed: list[str], **settings: Any) -> list[str]:
    """Type `typed` into a review; return all lines and prompts that came, then what the review raised."""
    lines: list[str] = []
    answers = iter(typed)

    def ask(prompt: str) -> str:
        lines.append(prompt)
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    one = Session(settings.pop("cards", SOME), Memory(), clock=clock, **settings)
    review_in_text(one, ask, lambda text: lines.extend(text.split("\n")))
    return lines


def test_a_whole_review_reads_like_this(clock: Any) -> None:
    assert talk(clock, ["", "3", "", "x", "E", "", "good"]) == [
        "",
        "2 new cards",
        "",
        "  freezing    (Lesson 7 · Freezing)",
        "",
        "What does this term mean? Say it in your own words, then look.",
        "Enter shows the answer, s stops: ",
        "  Freezing a parameter means that training leaves it as it is.",
        "  (Lesson 7 · Freezing, section “A first run”)",
        "",
        "  1 Again  you did not know it (comes back in 1 minute)",
        "  2 Hard   you knew it, with effort (comes back in 6 minutes)",
        "  3 Good   you knew it (comes back in 10 minutes)",
        "  4 Easy   you knew it at once (comes back in 8 days)",
        "How well did you know it? 1, 2, 3 or 4; s stops: ",
        "Good: “freezing” comes back in 10 minutes.",
        "",
        "1 card to review, 1 new",
        "",
        "  elements    (Lesson 7 · Freezing)",
        "",
        "What does this term mean? Say it in your own words, then look.",
        "Enter shows the answer, s stops: ",
        "  The elements of a tensor are the single numbers in it.",
        "  (Lesson 7 · Freezing, section “What trains? Two counts”)",
        "",
        "  1 Again  you did not know it (comes back in 1 minute)",
        "  2 Hard   you knew it, with effort (comes back in 6 minutes)",
        "  3 Good   you knew it (comes back in 10 minutes)",
        "  4 Easy   you knew it at once (comes back in 8 days)",
        "How well did you know it? 1, 2, 3 or 4; s stops: ",
        "Please type 1, 2, 3 or 4, or s to stop; got 'x'.",
        "How well did you know it? 1, 2, 3 or 4; s stops: ",
        "Easy: “elements” comes back in 8 days.",
        "",
        "1 card to review",
        "",
        "  freezing    (Lesson 7 · Freezing)",
        "",
        "What does this term mean? Say it in your own words, then look.",
        "Enter shows the answer, s stops: ",
        "  Freezing a parameter means that training leaves it as it is.",
        "  (Lesson 7 · Freezing, section “A first run”)",
        "",
        "  1 Again  you did not know it (comes back in 1 minute)",
        "  2 Hard   you knew it, with effort (comes back in 10 minutes)",
        "  3 Good   you knew it (comes back in 2 days)",
        "  4 Easy   you knew it at once (comes back in 4 days)",
        "How well did you know it? 1, 2, 3 or 4; s stops: ",
        "Good: “freezing” comes back in 2 days.",
        "",
        "You reviewed 2 cards, all for the first time. Ratings: Good 2, Easy 1.",
        "What comes back: 1 within a week, 1 later. The next card comes back in 2 days.",
    ]


@pytest.mark.parametrize("typed", [["s"], ["", "s"], ["", "stop"], [], ["", "q"]])
def test_it_can_be_stopped_anywhere(clock: Any, typed: list[str]) -> None:
    lines = talk(clock, typed)
    assert lines[-2:] == ["No card was rated.", "2 new cards wait for another review."]
    assert Memory().entries() == {}


def test_interrupting_keeps_what_was_rated(clock: Any) -> None:
    def ask(prompt: str) -> str:
        if Memory().entries():
            raise KeyboardInterrupt
        return "" if "Enter" in prompt else "4"

    said: list[str] = []
    review_in_text(Session(SOME, Memory(), clock=clock), ask, said.append)
    assert "You reviewed 1 card, all for the first time. Ratings: Easy 1." in said
    assert list(Memory().entries()) == ["freezing"]


def test_a_front_end_that_cannot_ask(clock: Any) -> None:
    def ask(prompt: str) -> str:
        raise NotImplementedError("raw_input was called, but this frontend does not support input requests.")

    said: list[str] = []
    review_in_text(Session(SOME, Memory(), clock=clock), ask, said.append)
    assert NO_INPUT in said


def test_nothing_begun_and_nothing_due(clock: Any) -> None:
    assert talk(clock, [], may_start=lambda card: False) == [NOTHING_YET]
    Memory().rate("freezing", "07_freezing", Rating.Easy, clock())
    lines = talk(clock, [], may_start=lambda card: False)
    assert lines == ["", "No card is due.", "What comes back: 1 later. The next card comes back in 8 days."]


def test_a_clock_set_back_is_said_first(clock: Any) -> None:
    Memory().rate("freezing", "07_freezing", Rating.Easy, clock())
    clock.move(days=-3)
    assert talk(clock, ["s"])[0].startswith("1 review is dated later than the clock of this computer")


def test_review_without_a_kernel_asks_in_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n3\ns\n"))
    assert headstart.review("freezing", new=2) is None
    out = capsys.readouterr().out
    assert "Freezing a parameter means" in out
    assert "You reviewed 1 card" in out
    assert callable(headstart.review), "importing the package does not hide the function"
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert headstart.review() is None
    assert capsys.readouterr().out == ""


def test_no_message_shouts_or_speaks_of_the_machinery(clock: Any) -> None:
    text = "\n".join(talk(clock, ["", "x", "1", "", "4", "", "4"]))
    assert not [word for word in ("Traceback", "Error", "fsrs", "stability", "None", "! ") if word in text]

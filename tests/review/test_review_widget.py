"""The Python side of the review's widget. tests/browser has the other side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fsrs import Rating

import headstart
from headstart.flashcards import load_deck, start
from headstart.flashcards.memory import Memory
from headstart.flashcards.session import Session
from headstart.flashcards.text import NOTHING_YET
from headstart.flashcards.widget import ReviewWidget
from headstart.questions.state import Store

DECK = load_deck("07_freezing")


def show(clock: Any, **settings: Any) -> ReviewWidget:
    return ReviewWidget(lambda say: Session(DECK, Memory(say=say), clock=clock, **settings))


def send(widget: ReviewWidget, n: int = 1, **submission: Any) -> dict[str, Any]:
    widget.submission = {**submission, "n": n, "view": "test"}
    assert (widget.state["n"], widget.state["view"]) == (n, "test")
    return widget.state


def test_a_card_shows_its_two_sides_and_when_it_comes_back(clock: Any, course: Path) -> None:
    (course / "lessons" / "07_freezing.ipynb").touch()
    widget = show(clock)
    card = widget.state["card"]
    assert card == {
        "id": "freezing",
        "term": "freezing",
        "home": "Lesson 7 · Freezing",
        "definition": "<strong>Freezing</strong> a parameter means that training leaves it as it is.",
        "place": "Lesson 7 · Freezing, section “A first run”",
        "link": f"07_freezing.ipynb#cell-id={DECK[0].cell}",
        "when": {"1": "in 1 minute", "2": "in 6 minutes", "3": "in 10 minutes", "4": "in 8 days"},
    }
    assert widget.state["facts"] == f"{min(10, len(DECK))} new cards"
    assert [rating["name"] for rating in widget.content["ratings"]] == ["Again", "Hard", "Good", "Easy"]


def test_a_rating_is_kept_and_the_next_card_comes(clock: Any) -> None:
    widget = show(clock)
    state = send(widget, action="rate", card="freezing", rating=3)
    assert state["status"]["html"] == "Good: “freezing” comes back in 10 minutes."
    assert state["card"]["id"] == DECK[1].id
    assert Memory().entries()["freezing"]["reviews"] == 1


def test_a_page_that_shows_an_earlier_card_rates_nothing(clock: Any) -> None:
    widget = show(clock)
    send(widget, action="rate", card="freezing", rating=4)
    state = send(widget, n=2, action="rate", card="freezing", rating=1)
    assert state["card"]["id"] == DECK[1].id
    assert Memory().entries()["freezing"]["reviews"] == 1
    assert send(widget, n=3)["card"]["id"] == DECK[1].id


def test_stopping_shows_the_summary(clock: Any) -> None:
    widget = show(clock, new=2)
    send(widget, action="rate", card="freezing", rating=4)
    state = send(widget, n=2, action="stop")
    assert state["card"] is None
    assert state["summary"][0] == "You reviewed 1 card, all for the first time. Ratings: Easy 1."
    assert send(widget, n=3, action="rate", card="freezing", rating=1)["card"] is None


def test_trouble_shows_in_the_widget(clock: Any, course: Path) -> None:
    folder = course / "my_learning"
    folder.mkdir()
    (folder / "review.json").write_text("{")
    widget = show(clock)
    line = "review.json could not be used (it is not JSON). It is kept as review.broken-1.json."
    assert widget.state["status"]["notices"] == [line]
    assert send(widget, action="rate", card="freezing", rating=4)["status"]["notices"] == []
    clock.move(days=-30)
    notices = show(clock).state["status"]["notices"]
    assert len(notices) == 1
    assert notices[0].startswith("1 review is dated later")


def test_nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = ReviewWidget(lambda say: start(memory=Memory(say=say)))
    assert widget.state["card"] is None
    assert widget.state["summary"] == [NOTHING_YET]


def test_the_folder_is_fixed_when_the_widget_is_made(
    clock: Any, course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = show(clock)
    monkeypatch.chdir(tmp_path)
    send(widget, action="rate", card="freezing", rating=4)
    assert "freezing" in json.loads((course / "my_learning" / "review.json").read_text())["cards"]
    assert not (tmp_path / "my_learning").exists()


def test_text_stands_in_for_the_widget(clock: Any) -> None:
    widget = show(clock)
    data, _ = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "  freezing    (Lesson 7 · Freezing)" in data["text/plain"]
    assert data["text/plain"].endswith("Review in text with:\n  headstart.review(text=True)")


def test_in_a_notebook_review_gives_the_widget(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.questions.widgets_work", lambda: True)
    Store(course / "lessons").keep_prediction("freezing.predict-drift", 10.0)
    widget = headstart.review()
    assert isinstance(widget, ReviewWidget)
    assert widget.state["card"]["id"] == "freezing"
    assert headstart.review("01").state["card"]["home"] == "Lesson 1 · The confusion matrix"


def test_every_card_can_be_shown(clock: Any) -> None:
    for card in load_deck():
        shown = ReviewWidget(lambda say, card=card: Session([card], Memory(say=say), clock=clock)).state[
            "card"
        ]
        assert shown["term"] == card.term
        assert "<" in shown["definition"]
        assert "**" not in shown["definition"]
        assert set(shown["when"]) == {str(rating.value) for rating in Rating}

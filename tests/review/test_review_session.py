"""A review: which cards come, in which order, what is said at the end. The clock stands where the test puts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fsrs import Rating

import headstart
from headstart.flashcards import load_deck, start
from headstart.flashcards.memory import Memory
from headstart.flashcards.session import AHEAD, Session, in_words
from headstart.names import Refusal, UnknownName
from headstart.questions.state import Store

ALL = load_deck()
SOME = ALL[:4]


def session(clock: Any, **settings: Any) -> Session:
    return Session(settings.pop("cards", SOME), Memory(), clock=clock, **settings)


def go_through(one: Session, rating: Rating = Rating.Good) -> list[str]:
    """Rate every card alike; return the ids in the order in which they came."""
    came = []
    while one.current is not None:
        came.append(one.current.id)
        one.rate(rating)
        assert len(came) < 500
    return came


def test_new_cards_come_in_the_order_of_the_lessons_and_once_more_in_the_same_review(clock: Any) -> None:
    ids = [card.id for card in SOME]
    one = session(clock)
    assert (one.counts().due, one.counts().new) == (0, 4)
    assert go_through(one) == ids + ids
    clock.move(hours=1)
    assert session(clock).current is None


def test_no_more_new_cards_than_asked_for(clock: Any) -> None:
    one = session(clock, cards=ALL, new=3)
    assert set(go_through(one)) == {card.id for card in ALL[:3]}
    assert one.summary() == [
        "You reviewed 3 cards, all for the first time. Ratings: Good 6.",
        "What comes back: 3 within a week. The next card comes back in 2 days.",
        f"{len(ALL) - 3} new cards wait for another review.",
    ]
    assert session(clock, cards=ALL, new=0).current is None


def test_due_cards_come_first_the_longest_due_before_the_others(clock: Any) -> None:
    first, second, third, fourth = (card.id for card in SOME)
    for card_id, days in ((second, 0), (first, 1)):
        clock.move(days=days)
        Memory().rate(card_id, "01_confusion_matrix", Rating.Easy, clock())
    clock.move(days=30)
    one = session(clock)
    assert (one.counts().due, one.counts().new) == (2, 2)
    assert go_through(one, Rating.Easy) == [second, first, third, fourth]
    clock.move(days=3)
    assert session(clock).current is None


def test_what_was_not_known_comes_again_until_it_is(clock: Any) -> None:
    one = session(clock, cards=SOME[:1])
    for _ in range(5):
        assert one.current is SOME[0]
        assert one.rate(Rating.Again) == f"Again: “{SOME[0].term}” comes back in 1 minute."
    one.rate(Rating.Easy)
    assert one.current is None
    assert one.summary()[0] == "You reviewed 1 card, all for the first time. Ratings: Again 5, Easy 1."


def test_a_card_waits_for_its_minutes_while_others_are_left(clock: Any) -> None:
    one = session(clock)
    again = one.current
    one.rate(Rating.Again)
    assert one.current is not again
    clock.move(minutes=2)
    one.rate(Rating.Good)
    assert one.current is again


def test_another_review_does_not_take_cards_ahead(clock: Any) -> None:
    one = session(clock, cards=SOME[:1])
    one.rate(Rating.Good)
    assert one.current is SOME[0]
    other = session(clock, cards=SOME[:1])
    assert other.current is None
    assert other.summary() == [
        "No card is due.",
        "What comes back: 1 later today. The next card comes back in 10 minutes.",
    ]
    assert timedelta(minutes=10) < AHEAD


def test_a_review_can_be_stopped_and_goes_on_after_a_restart(clock: Any) -> None:
    one = session(clock)
    one.rate(Rating.Easy)
    one.stop()
    assert one.current is None
    assert one.summary()[0] == "You reviewed 1 card, all for the first time. Ratings: Easy 1."
    assert session(clock).current is SOME[1]
    nothing = session(clock)
    nothing.stop()
    assert nothing.summary()[0] == "No card was rated."
    with pytest.raises(ValueError, match="the review is over"):
        nothing.rate(Rating.Good)


def test_a_card_rated_in_another_kernel_is_not_shown_as_new(clock: Any) -> None:
    one = session(clock)
    Memory().rate(SOME[1].id, "01_confusion_matrix", Rating.Easy, clock())
    one.rate(Rating.Easy)
    assert one.current is SOME[2]


def test_a_button_says_what_comes_of_it(clock: Any) -> None:
    for rating in Rating:
        one = session(clock)
        card = one.current
        promised = one.previews()[rating]
        assert one.rate(rating) == f"{rating.name}: “{card.term}” comes back {promised}."
        clock.move(days=40)


def test_a_clock_set_back_gives_one_line_and_due_cards(clock: Any, course: Path) -> None:
    go_through(session(clock), Rating.Easy)
    before = (course / "my_learning" / "review.json").read_bytes()
    clock.move(days=-100)
    one = session(clock)
    assert one.notice == (
        "4 reviews are dated later than the clock of this computer (22 November 2025, "
        f"{clock().astimezone():%H:%M}). If the clock is right, these cards are due now. If not, set it first. "
        "Nothing is lost."
    )
    assert one.counts().due == 4
    assert (course / "my_learning" / "review.json").read_bytes() == before, "looking changes nothing"
    clock.move(days=100)
    assert session(clock).notice is None
    assert session(clock).current is None
    clock.move(days=-100)
    go_through(session(clock), Rating.Easy)
    assert session(clock).notice is None
    assert session(clock).current is None


def test_cards_that_the_course_no_longer_has_are_kept_and_not_shown(clock: Any, course: Path) -> None:
    Memory().rate("an old word", "07_freezing", Rating.Good, clock())
    clock.move(days=60)
    one = session(clock, cards=SOME[:1])
    assert one.counts().due == 0
    assert go_through(one, Rating.Easy) == [SOME[0].id]
    assert one.summary()[1].startswith("What comes back: 1 later.")
    assert "an old word" in json.loads((course / "my_learning" / "review.json").read_text())["cards"]


def begin_by_guess(course: Path) -> None:
    Store(course / "lessons").keep_prediction("freezing.predict-drift", 10.0)


def begin_by_quiz(course: Path) -> None:
    Store(course / "quizzes" / "07_freezing").keep_answer("freezing.which-snippet", "o1", "ada", None)


def begin_by_practice(course: Path) -> None:
    (course / "my_learning").mkdir()
    entry = {
        "id": "freezing.try-flags",
        "variant": 0,
        "topic": "x",
        "lesson": "07",
        "correct": False,
        "at": "",
    }
    (course / "my_learning" / "practice.json").write_text(json.dumps({"version": 1, "answers": [entry, 5]}))


def begin_by_exercise(course: Path) -> None:
    (course / "my_learning").mkdir()
    tried = {"freeze_all_but_fc": {"attempts": 1, "passed": False}, "bad": 5}
    (course / "my_learning" / "exercises.json").write_text(json.dumps({"version": 1, "exercises": tried}))


@pytest.mark.parametrize("begin", [begin_by_guess, begin_by_quiz, begin_by_practice, begin_by_exercise])
def test_new_cards_come_from_lessons_that_were_begun(
    begin: Callable[[Path], None], course: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start().current is None
    begin(course)
    for folder in (course, course / "lessons", course / "quizzes" / "01_confusion_matrix"):
        monkeypatch.chdir(folder)
        one = start()
        assert one.current.lesson == "07_freezing"
        assert one.counts().new + one.counts().waiting == len(load_deck("07_freezing"))


def test_due_cards_come_back_from_every_lesson(clock: Any) -> None:
    Memory().rate(ALL[0].id, ALL[0].lesson, Rating.Good, clock())
    assert start().current is ALL[0]


@pytest.mark.parametrize("name", [7, "7", "07", "freezing", "07_freezing", "Lesson 7", " Freezing "])
def test_the_lesson_that_is_asked_for(name: str | int) -> None:
    one = start(name)
    assert one.current.lesson == "07_freezing"
    assert one.counts().new <= 10


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("freezin", "Did you mean 'freezing'"),
        ("13", ".* 08_fine_tuning_strategies and 4 more."),
        ("7x", ".* and 4 more."),
        ("", "There are:"),
    ],
)
def test_a_lesson_that_is_not_there(name: str, advice: str) -> None:
    with pytest.raises(UnknownName, match=f"unknown lesson '{name}'. {advice}"):
        headstart.review(name)


@pytest.mark.parametrize("new", [-1, 1.5, "10", True, None])
def test_a_number_of_new_cards_that_is_none(new: Any) -> None:
    with pytest.raises(Refusal, match=r"write how many new cards to show at most, for example 10, or 0"):
        headstart.review(new=new)


def test_what_a_learner_types_wrong_gives_one_line_in_a_notebook() -> None:
    with pytest.raises(Refusal) as refused:
        headstart.review(new=-1)
    assert refused.value._render_traceback_() == [
        "ValueError: new is -1; write how many new cards to show at most, for example 10, or 0"
    ]


@pytest.mark.parametrize(
    ("time", "state", "words"),
    [
        (timedelta(seconds=20), "learning", "in a moment"),
        (timedelta(minutes=1), "learning", "in 1 minute"),
        (timedelta(minutes=59), "relearning", "in 59 minutes"),
        (timedelta(minutes=90), "learning", "in 2 hours"),
        (timedelta(hours=-5), "learning", "in a moment"),
        (timedelta(hours=20), "review", "tomorrow"),
        (timedelta(days=1), "review", "tomorrow"),
        (timedelta(days=13), "review", "in 13 days"),
        (timedelta(days=14), "review", "in 2 weeks"),
        (timedelta(days=61), "review", "in 2 months"),
        (timedelta(days=365), "review", "in 1 year"),
    ],
)
def test_times_in_words(time: timedelta, state: str, words: str) -> None:
    assert in_words(time, state) == words


def test_every_card_has_a_home_in_words() -> None:
    for card in ALL:
        assert card.place.startswith(f"{card.home.heading}")
        assert card.definition.strip().endswith((".", "!", "?", ")", "”", ").")), card
        assert f"**{card.term}**".casefold() in card.definition.casefold()

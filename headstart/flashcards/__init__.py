"""Flashcards that come back when they are about to be forgotten. Called by notebooks and the `headstart` command.

headstart.review()              what is due, and new cards of the lessons that you have begun
headstart.review("freezing")    the cards of one lesson
headstart.review(text=True)     the same without a widget

This package is not called `review`, because `headstart.review` is the function.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from headstart.flashcards.deck import Flashcard, load_deck
from headstart.flashcards.memory import Memory, is_due
from headstart.flashcards.session import NEW_CARDS, Session, utc_now
from headstart.lessons import find_lesson
from headstart.names import Refusal
from headstart.records import lessons_begun

if TYPE_CHECKING:
    from datetime import datetime

    from headstart.flashcards.widget import ReviewWidget

__all__ = ["count_due", "review", "start"]


def review(
    lesson: str | int | None = None, *, new: int = NEW_CARDS, text: bool = False
) -> ReviewWidget | None:
    """Bring back the flashcards that are due, and show some new ones.

    You recall what a term means, look, and say how well you knew it. The better you knew it, the later it comes
    back. Without a lesson, new cards come from the lessons that you have begun: those in which you have made a
    guess, answered a question or tried an exercise. What you rate is kept in my_learning/review.json at once.

    Args:
        lesson: take the cards of this lesson alone, such as `"07"` or `"freezing"`.
        new: how many cards are shown for the first time, at most.
        text: ask here, in text, even where a widget could be shown.

    Returns:
        The widget, which a notebook shows under the cell. None where it went in text.

    Raises:
        UnknownName: there is no such lesson; the message names the nearest ones.
        Refusal: `new` is no whole number of 0 or more.
    """
    from headstart.questions import widgets_work

    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    if text or not widgets_work():
        from headstart.flashcards.text import review_in_text

        review_in_text(start(lesson, new=new))
        return None
    from headstart.flashcards.widget import ReviewWidget

    memory = Memory()
    return ReviewWidget(lambda say: start(lesson, new=new, memory=Memory(memory.folder, say)))


def start(lesson: str | int | None = None, *, new: int = NEW_CARDS, memory: Memory | None = None) -> Session:
    """Return a review that has not begun: of the cards of `lesson`, or of all.

    Raises:
        UnknownName: there is no such lesson; the message names the nearest ones.
        Refusal: `new` is no whole number of 0 or more.
    """
    if isinstance(new, bool) or not isinstance(new, int) or new < 0:
        raise Refusal(f"new is {new!r}; write how many new cards to show at most, for example 10, or 0")
    memory = memory or Memory()
    if lesson is not None:
        return Session(load_deck(find_lesson(lesson).folder), memory, new=new)
    begun = lessons_begun()

    def may_start(card: Flashcard) -> bool:
        return card.lesson in begun

    return Session(load_deck(), memory, new=new, may_start=may_start)


def count_due(now: datetime | None = None) -> int:
    """Return how many cards are due at `now` (UTC). A broken review.json counts as far as it can be read."""
    entries = Memory(say=lambda line: None).entries(keep_aside=False)
    time = now or utc_now()
    return sum(card.id in entries and is_due(entries[card.id], time) for card in load_deck())

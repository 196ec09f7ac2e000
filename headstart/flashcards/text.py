"""A review in a terminal, and wherever no widget can be shown. Called by `headstart.review`."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import fill

from fsrs import Rating

from headstart.flashcards.deck import QUESTION, Flashcard
from headstart.flashcards.session import RATINGS, Session
from headstart.questions.markup import to_plain

NOTHING_YET = (
    "There are no cards to review yet. They come from the lessons that you have begun; "
    'headstart.review("01") starts with those of lesson 1.'
)
NO_INPUT = "Nothing can be typed in here. Run `headstart review` in a terminal."
_KEYS = {
    key: rating
    for rating in Rating
    for key in (str(rating.value), rating.name.lower(), rating.name[0].lower())
}
_STOP = ("s", "stop", "q", "quit")
_WIDTH = 88


def review_in_text(
    session: Session, ask: Callable[[str], str] = input, say: Callable[[str], None] = print
) -> None:
    """Go through the cards of `session` with questions and answers in lines, then say what was done.

    Args:
        session: a review that has not begun.
        ask: shows a prompt and returns the line that was typed.
        say: shows a line.
    """
    if session.notice:
        say(session.notice)
    if nothing_yet(session):
        say(NOTHING_YET)
        return
    try:
        while session.current is not None:
            _one_card(session, session.current, ask, say)
    except (EOFError, KeyboardInterrupt):
        session.stop()
        say("")
    except NotImplementedError:
        # A kernel whose front end cannot ask.
        session.stop()
        say(NO_INPUT)
    say("")
    for line in session.summary():
        say(line)


def nothing_yet(session: Session) -> bool:
    """Return whether there is neither a card to show nor one that comes back some day."""
    return (
        session.current is None and not session.given and not session.known() and not session.counts().waiting
    )


def front(session: Session, card: Flashcard) -> str:
    """Return the front of a card, with what lies ahead."""
    return f"{ahead(session)}\n\n  {card.term}    ({card.home.heading})\n"


def back(card: Flashcard) -> str:
    """Return the definition and where it stands."""
    text = fill(
        to_plain(card.definition), _WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False
    )
    return f"{text}\n  ({card.place})"


def ahead(session: Session) -> str:
    """Return in one line what lies ahead: `3 cards to review, 10 new`, or `10 new cards`."""
    counts = session.counts()
    if not counts.due:
        return f"{counts.new} new card{'' if counts.new == 1 else 's'}"
    due = f"{counts.due} card{'' if counts.due == 1 else 's'} to review"
    return due + (f", {counts.new} new" if counts.new else "")


def _one_card(
    session: Session, card: Flashcard, ask: Callable[[str], str], say: Callable[[str], None]
) -> None:
    say("\n" + front(session, card))
    say(QUESTION)
    if ask("Enter shows the answer, s stops: ").strip().lower() in _STOP:
        session.stop()
        return
    say(back(card))
    say("")
    for rating, when in session.previews().items():
        say(f"  {rating.value} {rating.name:<6} {RATINGS[rating]} (comes back {when})")
    while True:
        typed = ask("How well did you know it? 1, 2, 3 or 4; s stops: ").strip().lower()
        if typed in _STOP:
            session.stop()
            return
        if typed in _KEYS:
            say(session.rate(_KEYS[typed]))
            return
        say(f"Please type 1, 2, 3 or 4, or s to stop; got {typed!r}.")

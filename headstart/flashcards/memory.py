"""What the learner remembers: when each flashcard was reviewed and when it comes back. Called by the review.

review.json in the learning folder holds it:

    {"version": 1,
     "cards": {"freezing": {"lesson": "07_freezing", "state": "review", "step": null, "stability": 2.3065,
                            "difficulty": 2.1181, "due": "…", "last_review": "…", "first": "…", "reviews": 2,
                            "again": 0}}}

The package `fsrs` works out the times (https://github.com/open-spaced-repetition/py-fsrs): it estimates how fast each
card is forgotten, and brings it back when nine of ten such cards would still be known. `state`, `step`,
`stability` and `difficulty` are its own words. Cards that the course no longer has stay in the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fsrs import Card, Rating, Scheduler, State

from headstart.state_file import StateFile, learning_folder

FILE_NAME = "review.json"
VERSION = 1
LONGEST = 365  # days
# Clocks of two computers that share a folder differ by a little.
TOLERANCE = timedelta(minutes=5)
# Without fuzz a button says exactly what comes of it.
_SCHEDULER = Scheduler(enable_fuzzing=False, maximum_interval=LONGEST)
_STATES = {state.name.lower(): state for state in State}

Entry = dict[str, Any]


class Memory:
    """The file review.json.

    Args:
        folder: where the file is or will be; the learning folder by default.
        say: takes one line for the learner, when something is wrong with the file.
    """

    def __init__(self, folder: Path | None = None, say: Callable[[str], None] = print) -> None:
        # The folder is fixed now: a later os.chdir in the notebook must not scatter reviews.
        self.folder = learning_folder() if folder is None else folder
        self._file = StateFile(self.folder / FILE_NAME, understood, version=VERSION, say=say)

    def entries(self, keep_aside: bool = True) -> dict[str, Entry]:
        """Return what is known of each card that was ever rated, by the card's id. Never raises."""
        return self._file.read(keep_aside)["cards"]

    def rate(self, card_id: str, lesson: str, rating: Rating, now: datetime) -> Entry:
        """Store that the card was rated at `now` (UTC); return what is known of it then."""
        with self._file.changing() as content:
            before = content["cards"].get(card_id)
            after = reviewed(before, rating, now)
            content["cards"][card_id] = {**(before or {}), "lesson": lesson, **after}
            return content["cards"][card_id]


def reviewed(entry: Entry | None, rating: Rating, now: datetime) -> Entry:
    """Return what is known of a card after `rating` at `now` (UTC); `entry` is what was known before."""
    before = entry or {}
    card = Card(
        card_id=0,
        state=_STATES[before.get("state", "learning")],
        step=before.get("step"),
        stability=before.get("stability"),
        difficulty=before.get("difficulty"),
        due=now,
        # A clock that was set back: to fsrs a review in the future is one of a moment ago.
        last_review=min(moment(before["last_review"]), now) if entry else None,
    )
    after, _ = _SCHEDULER.review_card(card, rating, now)
    assert after.stability is not None and after.difficulty is not None
    return {
        "state": after.state.name.lower(),
        "step": after.step,
        "stability": round(after.stability, 4),
        "difficulty": round(after.difficulty, 4),
        "due": written(after.due),
        "last_review": written(now),
        "first": before.get("first", written(now)),
        "reviews": before.get("reviews", 0) + 1,
        "again": before.get("again", 0) + (rating is Rating.Again),
    }


def is_due(entry: Entry, now: datetime) -> bool:
    """Return whether a card that was rated before comes back at `now` (UTC).

    What comes back after days is due from the morning of its day. A card whose review is dated in the future,
    because a clock was set back, is due: nobody knows when that review was.
    """
    if in_future(entry, now):
        return True
    due = moment(entry["due"])
    return due <= now or (entry["state"] == "review" and due.astimezone().date() <= now.astimezone().date())


def in_future(entry: Entry, now: datetime) -> bool:
    """Return whether the last review of a card is dated later than `now` (UTC)."""
    return moment(entry["last_review"]) > now + TOLERANCE


def moment(text: str) -> datetime:
    """Return the time that stands in the file, in UTC. A time without a zone is taken as UTC.

    Raises:
        ValueError: it is no time, or one that some clock on earth cannot show.
    """
    parsed = datetime.fromisoformat(text)
    if not 1970 < parsed.year < 9000:
        raise ValueError(f"the year of {text!r} is out of reach")
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def written(time: datetime) -> str:
    """Return `time` as it stands in the file."""
    return time.astimezone(UTC).isoformat(timespec="seconds")


def understood(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return what is good in `raw`, and whether that is all of it."""
    cards = raw.get("cards", {})
    if not isinstance(cards, dict):
        return {"version": VERSION, "cards": {}}, False
    good = {card_id: entry for card_id, entry in cards.items() if _is_entry(entry)}
    return {"version": VERSION, "cards": good}, len(good) == len(cards)


def _is_entry(entry: Any) -> bool:
    """Whether `entry` has all that fsrs and the code above count on."""
    if not isinstance(entry, dict) or entry.get("state") not in _STATES or "last_review" not in entry:
        return False
    step = entry.get("step")
    # A card that is being learned has a step, others have none.
    if not (step is None if entry["state"] == "review" else _is_count(step)):
        return False
    numbers = (entry.get("stability"), entry.get("difficulty"))
    if not all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) and x > 0 for x in numbers
    ):
        return False
    try:
        for name in ("due", "last_review", "first"):
            moment(entry[name])
    except (KeyError, TypeError, ValueError):
        return False
    return all(_is_count(entry.get(name)) for name in ("reviews", "again"))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

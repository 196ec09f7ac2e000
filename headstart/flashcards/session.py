"""One review: which card comes next, what a rating does, and what to say at the end. Called by widget and text form.

Cards that are due come first, the longest due before the others; then new ones, in the order of the lessons. A card
that comes back within minutes is shown again in the same review, at the latest when nothing else is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fsrs import Rating

from headstart.flashcards.deck import Flashcard
from headstart.flashcards.memory import Entry, Memory, in_future, is_due, moment, reviewed
from headstart.names import Refusal

NEW_CARDS = 10
# How far ahead a card is taken when nothing else is left.
AHEAD = timedelta(minutes=20)
RATINGS = {
    Rating.Again: "you did not know it",
    Rating.Hard: "you knew it, with effort",
    Rating.Good: "you knew it",
    Rating.Easy: "you knew it at once",
}

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Counts:
    """What lies ahead: cards due, new ones of this review, and new ones that wait for another."""

    due: int
    new: int
    waiting: int


class Session:
    """A review of some cards.

    Args:
        cards: those that may be shown, in order. Cards that were rated before come back when they are due.
        memory: where ratings are kept.
        new: how many cards are shown for the first time, at most.
        may_start: whether a card may be shown for the first time; by default all may.
        clock: gives the time, in UTC.
    """

    def __init__(
        self,
        cards: Sequence[Flashcard],
        memory: Memory,
        *,
        new: int = NEW_CARDS,
        may_start: Callable[[Flashcard], bool] = lambda card: True,
        clock: Clock = utc_now,
    ) -> None:
        self.memory = memory
        self.clock = clock
        self.given: list[tuple[str, Rating]] = []
        self.first_times = 0
        self.stopped = False
        self._cards = {card.id: card for card in cards}
        self._may_start = may_start
        entries = memory.entries()
        startable = [card.id for card in cards if card.id not in entries and may_start(card)]
        self._new, self._waiting = startable[:new], len(startable[new:])
        self.current: Flashcard | None = None
        self._choose()

    @property
    def notice(self) -> str | None:
        """The line to show where reviews are dated later than the clock, else None."""
        now = self.clock()
        late = [entry for entry in self._entries().values() if in_future(entry, now)]
        if not late:
            return None
        what = "1 review is" if len(late) == 1 else f"{len(late)} reviews are"
        return (
            f"{what} dated later than the clock of this computer ({now.astimezone():%d %B %Y, %H:%M}). "
            "If the clock is right, these cards are due now. If not, set it first. Nothing is lost."
        )

    def entry(self) -> Entry | None:
        """Return what is known of the current card; None where it is shown for the first time."""
        return self._entries().get(self.current.id) if self.current else None

    def known(self) -> int:
        """Return how many cards of this review were ever rated."""
        return len(self._entries())

    def counts(self) -> Counts:
        """Return what lies ahead, the current card included."""
        entries = self._entries()
        return Counts(len(self._ahead(entries)), len(self._unseen(entries)), self._waiting)

    def previews(self) -> dict[Rating, str]:
        """Return for each rating when the current card would come back, in words."""
        entry, now = self.entry(), self.clock()
        after = {rating: reviewed(entry, rating, now) for rating in Rating}
        return {rating: in_words(moment(new["due"]) - now, new["state"]) for rating, new in after.items()}

    def rate(self, rating: Rating) -> str:
        """Keep the rating of the current card, go on to the next one, and say when this one comes back.

        Raises:
            ValueError: there is no current card.
        """
        card = self.current
        if card is None:
            raise Refusal("there is no card to rate: the review is over")
        now = self.clock()
        after = self.memory.rate(card.id, card.lesson, rating, now)
        self.first_times += after["reviews"] == 1
        self.given.append((card.id, rating))
        self._new = [card_id for card_id in self._new if card_id != card.id]
        self._choose()
        when = in_words(moment(after["due"]) - now, after["state"])
        return f"{rating.name}: “{card.term}” comes back {when}."

    def stop(self) -> None:
        """End the review. All ratings so far are kept."""
        self.stopped = True
        self.current = None

    def summary(self) -> list[str]:
        """Return what was done and what comes when, a line each."""
        return [self._done_line(), *self._coming_lines()]

    def _done_line(self) -> str:
        if not self.given:
            return "No card was rated." if self.stopped else "No card is due."
        cards = len({card_id for card_id, _ in self.given})
        tally = Counter(rating for _, rating in self.given)
        ratings = ", ".join(f"{rating.name} {tally[rating]}" for rating in Rating if tally[rating])
        which = "all" if self.first_times == cards else f"{self.first_times} of them"
        first = f", {which} for the first time" if self.first_times else ""
        return f"You reviewed {_cards(cards)}{first}. Ratings: {ratings}."

    def _coming_lines(self) -> list[str]:
        now = self.clock()
        today = now.astimezone().date()
        entries = self._entries()
        soon = [entry for entry in entries.values() if is_due(entry, now)]
        later = [entry for entry in entries.values() if not is_due(entry, now)]
        days = [(moment(entry["due"]).astimezone().date() - today).days for entry in later]
        groups = [
            (len(soon), "now"),
            (sum(day <= 0 for day in days), "later today"),
            (sum(day == 1 for day in days), "tomorrow"),
            (sum(2 <= day <= 7 for day in days), "within a week"),
            (sum(day > 7 for day in days), "later"),
        ]
        lines = []
        if entries:
            line = "What comes back: " + ", ".join(f"{n} {when}" for n, when in groups if n) + "."
            if later and not soon:
                first = min(later, key=lambda entry: moment(entry["due"]))
                line += f" The next card comes back {in_words(moment(first['due']) - now, first['state'])}."
            lines.append(line)
        fresh = len(self._unseen(entries)) + self._waiting
        if fresh:
            waits = "waits" if fresh == 1 else "wait"
            lines.append(f"{fresh} new {'card' if fresh == 1 else 'cards'} {waits} for another review.")
        return lines

    def _entries(self) -> dict[str, Entry]:
        """Return what is known of the cards of this review, not of those that the course no longer has."""
        entries = self.memory.entries()
        return {card_id: entries[card_id] for card_id in self._cards if card_id in entries}

    def _unseen(self, entries: dict[str, Entry]) -> list[str]:
        """Return the new cards of this review that were not rated in another kernel meanwhile."""
        return [card_id for card_id in self._new if card_id not in entries]

    def _ahead(self, entries: dict[str, Entry]) -> list[str]:
        """Return the cards to review again, in order: those that are due, then what comes back in minutes."""
        now = self.clock()
        due = sorted(
            (card_id for card_id in entries if is_due(entries[card_id], now)),
            key=lambda card_id: moment(entries[card_id]["due"]),
        )
        rated = dict.fromkeys(card_id for card_id, _ in self.given)
        soon = sorted(
            (
                card_id
                for card_id in rated
                if card_id in entries
                and card_id not in due
                and moment(entries[card_id]["due"]) <= now + AHEAD
            ),
            key=lambda card_id: moment(entries[card_id]["due"]),
        )
        return due + soon

    def _choose(self) -> None:
        if self.stopped:
            return
        now, entries = self.clock(), self._entries()
        ahead, unseen = self._ahead(entries), self._unseen(entries)
        due = [card_id for card_id in ahead if is_due(entries[card_id], now)]
        order = due + unseen + [card_id for card_id in ahead if card_id not in due]
        self.current = self._cards[order[0]] if order else None


def in_words(time: timedelta, state: str = "review") -> str:
    """Return a time from now in words: `in 10 minutes`, `tomorrow`, `in 3 weeks`.

    Args:
        time: from now on.
        state: of the card; what is "review" comes back on a day, not at a minute.
    """
    minutes = max(round(time.total_seconds() / 60), 0)
    if state != "review" or minutes < 60 * 12:
        if minutes < 1:
            return "in a moment"
        return _in(minutes, "minute") if minutes < 60 else _in(round(minutes / 60), "hour")
    days = round(time.total_seconds() / 86_400)
    if days <= 1:
        return "tomorrow"
    if days < 14:
        return _in(days, "day")
    if days < 60:
        return _in(round(days / 7), "week")
    if days < 360:
        return _in(round(days / 30.4), "month")
    return _in(round(days / 365), "year")


def _in(number: int, unit: str) -> str:
    return f"in {number} {unit}{'' if number == 1 else 's'}"


def _cards(number: int) -> str:
    return f"{number} card{'' if number == 1 else 's'}"

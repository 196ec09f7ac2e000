"""The flashcards: one for each term of the glossary. Called by the review.

The build writes them to cards.json, from the definitions that stand in the lessons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from headstart.lessons import Lesson, find_lesson, notebook_link
from headstart.names import Missing

CARDS_PATH = Path(__file__).parent / "cards.json"
QUESTION = "What does this term mean? Say it in your own words, then look."


@dataclass(frozen=True)
class Flashcard:
    """A term in front and its definition (Markdown) on the back, with the place where the lesson defines it."""

    id: str
    term: str
    definition: str
    lesson: str
    section: str | None
    cell: str

    @property
    def home(self) -> Lesson:
        """The lesson that defines the term."""
        return find_lesson(self.lesson)

    @property
    def place(self) -> str:
        """Where the term is defined, in words: `Lesson 7 · Freezing, section “The usual way”`."""
        return self.home.heading + (f", section “{self.section}”" if self.section else "")

    def link(self) -> str | None:
        """Return the link to the definition from a notebook in the current folder, or None elsewhere."""
        return notebook_link(self.lesson, f"#cell-id={self.cell}")


def load_deck(lesson: str | None = None) -> tuple[Flashcard, ...]:
    """Return the cards in the order in which the lessons define their terms.

    Args:
        lesson: the folder name of the only lesson to take; None takes all.

    Raises:
        FileNotFoundError: the course is not built.
    """
    return tuple(card for card in _loaded(CARDS_PATH) if lesson in (None, card.lesson))


@cache
def _loaded(path: Path) -> tuple[Flashcard, ...]:
    if not path.is_file():
        raise Missing(f"there is no {path}; run `make build`, then restart the kernel")
    return tuple(Flashcard(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))

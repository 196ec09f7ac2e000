"""Counts what a learner did, from the files that Headstart keeps. Called by `headstart.progress`."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

from headstart import records
from headstart.flashcards.deck import load_deck
from headstart.flashcards.memory import Memory, is_due
from headstart.flashcards.session import utc_now
from headstart.lessons import Lesson, load_lessons
from headstart.questions import banks
from headstart.questions.markup import to_plain
from headstart.questions.schema import Bank, Prediction
from headstart.questions.text import guess_text
from headstart.state_file import course_folder

ASKED_PATH = Path(__file__).parent / "asked.json"


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    done: int
    of: int

    def __add__(self, other: Share) -> Share:
        return Share(self.done + other.done, self.of + other.of)

    def __str__(self) -> str:
        return f"{self.done} of {self.of}" if self.of else "none"

    @property
    def whole(self) -> bool:
        """Whether nothing is left."""
        return self.done >= self.of


@dataclass(frozen=True)
class Row:
    """What was done in one lesson, or in all.

    Attributes:
        asked: questions and guesses that stand in the lesson, and were answered.
        quiz: graded questions that were answered.
        exercises: code exercises whose visible examples held at least once.
        practice: answers in practice that were right.
        cards: flashcards that were reviewed at least once.
        due: flashcards that are due.
    """

    asked: Share
    quiz: Share
    exercises: Share
    practice: Share
    cards: Share
    due: int

    def __add__(self, other: Row) -> Row:
        return Row(
            self.asked + other.asked,
            self.quiz + other.quiz,
            self.exercises + other.exercises,
            self.practice + other.practice,
            self.cards + other.cards,
            self.due + other.due,
        )


@dataclass(frozen=True)
class Guess:
    """A guess before an experiment, as the learner reads it, and what came of it.

    Attributes:
        lesson: the lesson that asked.
        guess: what was guessed.
        measured: what came out; None while that is not known.
        right: whether a choice was right; None for numbers, and where the result is none of the options.
        distance: how far a number was off, in its own unit; None for choices.
        share: the same as a share of the scale from the smallest to the largest possible guess.
        unit: of the distance.
    """

    lesson: Lesson
    guess: str
    measured: str | None
    right: bool | None = None
    distance: float | None = None
    share: float | None = None
    unit: str = ""

    @property
    def verdict(self) -> str:
        """How good the guess was, in words; empty where nobody can say."""
        if self.right is not None:
            return "right" if self.right else "not right"
        return "" if self.distance is None else f"off by {self.distance:.3g}{self.unit}"


@dataclass(frozen=True)
class Standing:
    """All of it: a row for each lesson, the guesses in the order of the lessons, the lessons that were begun."""

    rows: dict[Lesson, Row]
    guesses: list[Guess]
    begun: frozenset[str]

    @property
    def total(self) -> Row:
        """All lessons together."""
        first, *others = self.rows.values()
        return sum(others, start=first)

    @property
    def guess_line(self) -> str:
        """How many guesses were made, and how good they were, in a line."""
        if not self.guesses:
            return "Guesses: none yet. Each lesson asks for some before it shows a result."
        measured = [guess for guess in self.guesses if guess.measured is not None]
        line = f"Guesses: {len(self.guesses)} made, {len(measured)} compared with the result."
        choices = [guess.right for guess in measured if guess.right is not None]
        if choices:
            line += f" Choices: {sum(choices)} of {len(choices)} right."
        shares = [guess.share for guess in measured if guess.share is not None]
        if shares:
            line += f" Numbers: off by {100 * mean(shares):.0f} % of the scale on average."
        return line

    @property
    def lesson_line(self) -> str:
        """How many lessons were begun and read to the end, in a line."""
        whole = sum(self.rows[lesson].asked.whole for lesson in self.rows if lesson.folder in self.begun)
        return f"Lessons: {len(self.begun)} of {len(self.rows)} begun, {whole} with every question answered."

    @property
    def next_line(self) -> str:
        """What to do next, in a line."""
        steps = [step for step in (self._next_cards(), self._next_lesson()) if step]
        if not steps:
            return "Next: all is done. headstart.practice() asks more, and headstart.review() brings the terms back."
        return f"Next: {'; then '.join(steps)}."

    @property
    def next_lesson(self) -> Lesson | None:
        """The lesson that `next_line` names to open; None where it names none."""
        reading = [
            lesson for lesson, row in self.rows.items() if self._is_open(lesson) and not row.asked.whole
        ]
        fresh = [lesson for lesson in self.rows if not self._is_open(lesson)]
        return next(iter([*reading, *fresh]), None)

    def _is_open(self, lesson: Lesson) -> bool:
        return lesson.folder in self.begun

    def _next_cards(self) -> str:
        due = self.total.due
        cards = "1 card is" if due == 1 else f"{due} cards are"
        return f"{cards} due, headstart.review() brings them back" if due else ""

    def _next_lesson(self) -> str:
        lesson = self.next_lesson
        if lesson is not None and self._is_open(lesson):
            left = self.rows[lesson].asked.of - self.rows[lesson].asked.done
            return (
                f"go on with {_named(lesson)} ({left} of its questions {'is' if left == 1 else 'are'} open)"
            )
        begin = f"begin {_named(lesson)}" if lesson is not None else ""
        for read, row in self.rows.items():
            if self._is_open(read) and not (row.quiz.whole and row.exercises.whole):
                what = f"the quiz of lesson {read.number} ({row.quiz} answered)"
                if row.quiz.whole:
                    what = f"the exercises of lesson {read.number} ({row.exercises} passed)"
                return what + (f", or {begin}" if begin else "")
        return begin


def gather(now: datetime | None = None) -> Standing:
    """Count everything that is kept. Nothing is written; a file that cannot be used counts as empty.

    Args:
        now: the time in UTC for which cards are due; by default that of the clock.
    """
    time = now or utc_now()
    lessons = {lesson.folder: lesson for lesson in load_lessons()}
    answers, guesses = records.answers()
    practice, tried = records.practice_answers(), records.exercise_attempts()
    entries = Memory(say=lambda line: None).entries(keep_aside=False)
    rows: dict[Lesson, Row] = {}
    made: list[Guess] = []
    for bank in banks.load_banks(banks.BANK_FOLDER):
        lesson = lessons[bank.assignment]
        asked = _asked().get(lesson.folder, ())
        typed = _typed_answers(bank)
        right = [entry["correct"] for entry in practice if entry["id"].startswith(f"{lesson.slug}.")]
        deck = load_deck(lesson.folder)
        seen = [entries[card.id] for card in deck if card.id in entries]
        rows[lesson] = Row(
            asked=Share(sum(name in answers or name in guesses for name in asked), len(asked)),
            quiz=Share(sum(one.id in answers or one.id in typed for one in bank.graded), len(bank.graded)),
            exercises=Share(
                sum(tried.get(name, {}).get("passed") is True for name in lesson.exercises),
                len(lesson.exercises),
            ),
            practice=Share(sum(right), len(right)),
            cards=Share(len(seen), len(deck)),
            due=sum(is_due(entry, time) for entry in seen),
        )
        made += [_guess(lesson, one, guesses[one.id]) for one in bank.predictions if one.id in guesses]
    return Standing(rows, made, frozenset(records.lessons_begun()))


def _guess(lesson: Lesson, prediction: Prediction, entry: dict[str, Any]) -> Guess:
    response, measured = entry["response"], entry.get("measured")
    shown = guess_text(prediction, response)
    if not _is_number(measured) and not isinstance(measured, str):
        return Guess(lesson, shown, None)
    result = guess_text(prediction, measured)
    if prediction.options:
        options = [to_plain(option.text) for option in prediction.options]
        return Guess(lesson, shown, result, right=shown == result if result in options else None)
    if not (_is_number(response) and _is_number(measured)):
        return Guess(lesson, shown, result)
    distance = abs(response - measured)
    low, high = prediction.low, prediction.high
    share = distance / (high - low) if low is not None and high is not None else None
    unit = " points" if prediction.unit in ("%", "points") else ""
    return Guess(lesson, shown, result, distance=distance, share=share, unit=unit)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _typed_answers(bank: Bank) -> set[str]:
    """Return the graded questions whose answer is typed in the quiz notebook: `q3 = "b"`."""
    course = course_folder()
    if course is None:
        return set()
    try:
        notebook = json.loads(
            (course / "quizzes" / bank.assignment / "quiz.ipynb").read_text(encoding="utf-8")
        )
        cells = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
        sources = ["".join(cell["source"]) for cell in cells]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    ids = {f"q{number}": one.id for number, one in enumerate(bank.graded, start=1)}
    return {ids[name] for source in sources for name in _assigned(source) if name in ids}


def _assigned(source: str) -> list[str]:
    """Return the names to which `source` assigns something."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
    return [
        target.id
        for statement in statements
        if isinstance(statement, ast.Assign)
        and not (isinstance(statement.value, ast.Constant) and statement.value.value in (None, ..., ""))
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]


def _named(lesson: Lesson) -> str:
    return f"lesson {lesson.number} · {lesson.title}"


@cache
def _asked() -> dict[str, list[str]]:
    """Return the ids of the questions and guesses that stand in each lesson, by its folder."""
    return json.loads(ASKED_PATH.read_text(encoding="utf-8")) if ASKED_PATH.is_file() else {}

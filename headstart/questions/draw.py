"""One learner's version of a question: the numbers, the texts, the order of the options.

All of it follows from the learner's id and the question's id alone, so the grader computes the same again.
Called by the widget, the text form and the judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headstart.questions.expressions import evaluate
from headstart.questions.schema import Choices, PublicQuestion, Question, key_of

ATTEMPTS = 1000
LETTERS = "abcdefgh"


class DrawError(ValueError):
    """A question whose numbers cannot be drawn or whose texts cannot be filled."""


class Shown(float):
    """A number that prints with a fixed count of decimals unless a format says otherwise: `{answer}`."""

    digits: int | None

    def __new__(cls, value: float, digits: int | None = None) -> Shown:
        """Make a number that shows `digits` decimals, or up to six significant figures where it is None."""
        number = super().__new__(cls, value)
        number.digits = digits
        return number

    def __str__(self) -> str:
        return number_text(float(self), self.digits)

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else str(self)


@dataclass(frozen=True)
class Choice:
    """An option or item as one learner sees it. `why` and `correct` are None where the key is not known."""

    key: str
    letter: str
    text: str
    why: str | None = None
    correct: bool | None = None


@dataclass(frozen=True)
class Instance:
    """A question with its values drawn and its texts filled for one learner.

    `choices` are in the learner's order. `right_order`, `answer` and `traps` are empty where the key is
    not known.
    """

    question: Question | PublicQuestion
    learner: str
    values: dict[str, Any]
    stem: str
    code: str | None
    choices: list[Choice]
    hint: str | None = None
    steps: tuple[str, ...] = ()
    answer: Shown | None = None
    traps: tuple[tuple[float, str], ...] = ()
    right_order: tuple[str, ...] = ()

    def choice(self, key: str) -> Choice:
        """Return the choice with this key.

        Raises:
            KeyError: no choice has it.
        """
        for choice in self.choices:
            if choice.key == key:
                return choice
        raise KeyError(key)


def number_text(value: float, digits: int | None = None) -> str:
    """Return `value` as learners read it: `digits` decimals, or as few figures as needed."""
    return f"{value:.6g}" if digits is None else f"{value:.{digits}f}"


def drawn_number(learner: str, question_id: str, name: str, attempt: int) -> int:
    """Return the large whole number that decides what `name` is, the same on every machine."""
    return int(hashlib.sha256(f"{learner}|{question_id}|{name}|{attempt}".encode()).hexdigest(), 16)


def draw_values(question: Question | PublicQuestion, learner: str) -> dict[str, Any]:
    """Return the drawn and derived values of `question` for `learner`, in the file's order.

    Raises:
        DrawError: `require` was not met in 1000 attempts, or an expression cannot be computed.
    """
    if not question.draw:
        return {}
    try:
        for attempt in range(ATTEMPTS):
            values: dict[str, Any] = {}
            for name, source in question.draw.items():
                number = drawn_number(learner, question.id, name, attempt)
                if isinstance(source, Choices):
                    values[name] = source.choices[number % len(source.choices)]
                else:
                    values[name] = source[0] + number % (source[1] - source[0] + 1)
            for name, expression in question.let.items():
                values[name] = evaluate(expression, values)
            if all(evaluate(rule, values) for rule in question.require):
                return values
    except ValueError as error:
        raise DrawError(f"question {question.id!r}: {error}") from error
    rules = "; ".join(question.require)
    raise DrawError(
        f"question {question.id!r}: no numbers that meet `require` ({rules}) in {ATTEMPTS} attempts; "
        "widen the ranges under `draw`, or relax `require`"
    )


def instance(question: Question | PublicQuestion, learner: str) -> Instance:
    """Return `question` as `learner` sees it.

    Raises:
        DrawError: its numbers cannot be drawn, or a text cannot be filled with them.
    """
    values = draw_values(question, learner)
    shown: dict[str, Any] = dict(values)
    whole = isinstance(question, Question)
    answer = None
    if whole and question.answer is not None:
        answer = Shown(_number(question, question.answer, values), question.digits)
        shown["answer"] = answer

    def fill(text: str) -> str:
        if not question.draw:
            # Braces are literal here; the answer alone may be named.
            return text if answer is None else text.replace("{answer}", str(answer))
        try:
            return text.format(**shown)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise DrawError(f"question {question.id!r}: cannot fill the text {text!r}: {error}") from error

    traps = question.traps if whole else []
    choices, right_order = _choices(question, learner, fill)
    return Instance(
        question=question,
        learner=learner,
        values=values,
        stem=fill(question.stem),
        code=None if question.code is None else fill(question.code),
        choices=choices,
        hint=fill(question.hint) if whole else None,
        steps=tuple(fill(step) for step in question.steps) if whole else (),
        answer=answer,
        traps=tuple((_number(question, trap.value, values), fill(trap.why)) for trap in traps),
        right_order=right_order,
    )


def _number(question: Question, expression: str, values: dict[str, Any]) -> float:
    try:
        value = evaluate(expression, values)
    except ValueError as error:
        raise DrawError(f"question {question.id!r}: {error}") from error
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DrawError(f"question {question.id!r}: {expression!r} gives {value!r}, which is no number")
    return float(value)


def _choices(
    question: Question | PublicQuestion, learner: str, fill: Callable[[str], str]
) -> tuple[list[Choice], tuple[str, ...]]:
    """Return the options or items in the learner's order, and the items' keys in the right order if known."""
    raw = question.items if question.kind == "ordering" else question.options
    keyed = [(getattr(choice, "key", None) or key_of(question.id, choice.text), choice) for choice in raw]
    in_order = sorted(keyed, key=lambda pair: drawn_number(learner, question.id, f"order {pair[0]}", 0))
    choices = [
        Choice(
            key=key,
            letter=LETTERS[place],
            text=fill(choice.text),
            why=fill(choice.why) if hasattr(choice, "why") else None,
            correct=getattr(choice, "correct", None),
        )
        for place, (key, choice) in enumerate(in_order)
    ]
    known = isinstance(question, Question) and question.kind == "ordering"
    return choices, tuple(key for key, _ in keyed) if known else ()

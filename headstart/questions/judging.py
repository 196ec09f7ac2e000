"""Reads what a learner answered and judges it. Called by the widget, the text form, and the grader.

Feedback names the mistake: every option, every likely wrong number and every step has its own reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from headstart.questions.draw import Instance, instance, number_text
from headstart.questions.schema import PublicQuestion, Question

Response = str | list[str] | float
Outcome = Literal["right", "partly", "wrong", "not_attempted", "unreadable"]

LABELS: dict[Outcome, str] = {
    "right": "Right",
    "partly": "Partly right",
    "wrong": "Not right",
    "not_attempted": "Not attempted",
    "unreadable": "Cannot be read",
}
EXAMPLES = {"single": '"b"', "multiple": '"a, c"', "ordering": '"c a b"', "numeric": "0.85"}
KEY = re.compile(r"o[0-9a-f]{6}")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
EPSILON = 1e-9


class Unreadable(ValueError):
    """An answer that cannot be understood. The message says what was expected."""


@dataclass(frozen=True)
class Judgement:
    """What an answer is worth: `credit` from 0 to 1, the outcome, and the reasons (Markdown)."""

    credit: float
    outcome: Outcome
    message: str
    details: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The outcome in words."""
        return LABELS[self.outcome]

    @property
    def correct(self) -> bool:
        """Whether the answer gets full credit."""
        return self.outcome == "right"


def parse_response(question: Question | PublicQuestion, learner: str, raw: Any) -> Response | None:
    """Return `raw` in the form in which answers are stored, or None where nothing was answered.

    Options and items are stored by key, so letters are looked up in the order that `learner` sees.

    Args:
        question: the question.
        learner: the id that decides the order of the options.
        raw: letters (`"b"`, `"a, c"`, `["a", "c"]`), keys, or a number (`0.85`, `"85 %"`, `"17/20"`).

    Raises:
        Unreadable: `raw` does not fit the question; the message says what does.
    """
    if raw is None or raw is Ellipsis:
        return None
    if isinstance(raw, str) and not raw.strip():
        return None
    if isinstance(raw, list | tuple | set | frozenset) and not raw:
        return None
    if question.kind == "numeric":
        return parse_number(raw, question.unit)
    seen = instance(question, learner)
    keys = [_key(part, seen) for part in _parts(raw, seen)]
    if question.kind == "single":
        if len(set(keys)) != 1:
            raise Unreadable(f"pick one option only; {_shown(raw)} names {len(set(keys))}")
        return keys[0]
    if question.kind == "multiple":
        return [choice.key for choice in seen.choices if choice.key in keys]
    if sorted(keys) != sorted(choice.key for choice in seen.choices):
        letters = ", ".join(choice.letter for choice in seen.choices)
        raise Unreadable(f"name each of the letters {letters} once, in your order; got {_shown(raw)}")
    return keys


def parse_number(raw: Any, unit: str | None = None) -> float:
    """Return the number that `raw` is: a number, or text such as `"0.85"`, `"0,85"`, `"17/20"`, `"85 %"`.

    A per cent sign divides by 100, except where the answer is wanted in per cent.

    Raises:
        Unreadable: it is no finite number.
    """
    wanted = Unreadable(f"write one number, such as 0.85; got {_shown(raw)}")
    if isinstance(raw, bool):
        raise wanted
    if not isinstance(raw, str):
        try:
            value = float(raw)
        except (TypeError, ValueError, RuntimeError, OverflowError):
            raise wanted from None
    else:
        text = raw.strip().replace("\N{MINUS SIGN}", "-").replace("_", "")
        divisor = 1.0
        if unit and unit != "%" and text.lower().endswith(unit.lower()):
            text = text[: -len(unit)].strip()
        if text.endswith("%"):
            text = text[:-1].strip()
            divisor = 1.0 if unit == "%" else 100.0
        if re.fullmatch(r"[-+]?\d*,\d+", text):
            if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", text):
                digits = text.replace(",", "")
                raise Unreadable(
                    f"{_shown(raw)} can be read in two ways; write {digits}, or use a decimal point"
                )
            text = text.replace(",", ".")
        parts = [part.strip() for part in text.split("/")]
        if len(parts) > 2 or not all(NUMBER.fullmatch(part) for part in parts):
            raise wanted
        try:
            value = float(parts[0]) / (float(parts[1]) if len(parts) == 2 else 1.0) / divisor
        except ZeroDivisionError:
            raise wanted from None
    if not math.isfinite(value):
        raise wanted
    return value


def response_text(seen: Instance, response: Response) -> str:
    """Return a stored response as the learner reads it: `"b"`, `"a, c"`, `"c a b d"`, `"0.85 %"`."""
    if not isinstance(response, str | list):
        unit = seen.question.unit
        return f"{response:.10g}" + (f" {unit}" if unit else "")
    keys = [response] if isinstance(response, str) else response
    letters = [seen.choice(key).letter for key in keys]
    return " ".join(letters) if seen.question.kind == "ordering" else ", ".join(letters)


def judge(question: Question, learner: str, response: Any) -> Judgement:
    """Judge `response`, which may be stored or as the learner wrote it. What learners answer never raises.

    Args:
        question: the whole question, with its key.
        learner: the id under which the answer was given; numbers and letters depend on it.
        response: see `parse_response`.
    """
    try:
        parsed = parse_response(question, learner, response)
    except Unreadable as error:
        return Judgement(0.0, "unreadable", str(error))
    if parsed is None:
        return Judgement(0.0, "not_attempted", "no answer was given")
    return judge_seen(instance(question, learner), parsed)


def judge_seen(seen: Instance, response: Response) -> Judgement:
    """Judge `response`, which `parse_response` has read, to a question that is drawn already."""
    if seen.question.kind == "numeric":
        return _judge_number(seen, response)
    if seen.question.kind == "ordering":
        return _judge_order(seen, response)
    if seen.question.kind == "multiple":
        return _judge_several(seen, response)
    return _judge_one(seen, response)


def _judge_one(seen: Instance, key: Response) -> Judgement:
    picked = seen.choice(str(key))
    if not picked.correct:
        return Judgement(0.0, "wrong", picked.why or "")
    others = tuple(f"**{c.letter}**: {c.why}" for c in seen.choices if c.key != key)
    return Judgement(1.0, "right", picked.why or "", others)


def _judge_several(seen: Instance, keys: Any) -> Judgement:
    picked = [choice for choice in seen.choices if choice.key in keys]
    wrong = [choice for choice in picked if not choice.correct]
    total = sum(bool(choice.correct) for choice in seen.choices)
    right = len(picked) - len(wrong)
    credit = max(0.0, (right - len(wrong)) / total)
    if credit == 1.0:
        details = tuple(f"**{c.letter}**: {c.why}" for c in seen.choices)
        return Judgement(1.0, "right", "These are the ones.", details)
    parts = [f"**{choice.letter}** does not belong: {choice.why}" for choice in wrong[:1]]
    if not wrong:
        parts.append("What you picked is right.")
    if missing := total - right:
        parts.append(f"{missing} more {'option belongs' if missing == 1 else 'options belong'} to it.")
    details = tuple(f"**{choice.letter}**: {choice.why}" for choice in wrong[1:])
    return Judgement(credit, "partly" if credit else "wrong", " ".join(parts), details)


def _judge_order(seen: Instance, keys: Any) -> Judgement:
    for place, (got, right) in enumerate(zip(keys, seen.right_order, strict=True), start=1):
        if got != right:
            item = seen.choice(got)
            before = "" if place == 1 else f"Right up to place {place - 1}. "
            text = f"{before}**{item.letter}** comes later than place {place}: {item.why}"
            return Judgement(0.0, "wrong", text)
    details = tuple(f"**{seen.choice(key).letter}**: {seen.choice(key).why}" for key in keys)
    return Judgement(1.0, "right", "This is the order.", details)


def _judge_number(seen: Instance, value: Any) -> Judgement:
    question = seen.question
    assert isinstance(question, Question)
    assert seen.answer is not None
    answer, tolerance = float(seen.answer), question.tolerance
    shown = response_text(seen, value)
    if abs(value - answer) <= tolerance + EPSILON:
        return Judgement(1.0, "right", f"{seen.answer}{f' {question.unit}' if question.unit else ''} it is.")
    # A trap is met as soon as it would print the same number, even where the tolerance is narrower.
    near_trap = max(tolerance, 0.0 if question.digits is None else 0.5 * 10**-question.digits) + EPSILON
    traps = [(abs(value - trap), why) for trap, why in seen.traps if abs(value - trap) <= near_trap]
    if traps:
        return Judgement(0.0, "wrong", min(traps)[1])
    if abs(answer) <= 1 and answer and abs(value / 100 - answer) <= tolerance + EPSILON:
        return Judgement(
            0.0, "wrong", f"{shown} is in per cent. A share of 1 is wanted, such as 0.5 for a half."
        )
    if question.unit == "%" and abs(value * 100 - answer) <= tolerance + EPSILON:
        return Judgement(
            0.0, "wrong", f"{value:.10g} is a share of 1. Per cent are wanted, such as 50 for a half."
        )
    if abs(value - answer) <= 5 * tolerance:
        text = f"{shown} is near, but more than {number_text(tolerance)} away. Did you round too early?"
        return Judgement(0.0, "wrong", text)
    return Judgement(0.0, "wrong", f"{shown} is not the value. Go through it once more, step by step.")


def _parts(raw: Any, seen: Instance) -> list[str]:
    """Split `raw` into letters or keys."""
    if isinstance(raw, str):
        parts = [part for part in re.split(r"[\s,;>()\[\].]+", raw.strip()) if part]
        known = {choice.letter for choice in seen.choices}
        if len(parts) == 1 and len(parts[0]) > 1 and set(parts[0].lower()) <= known:
            return list(parts[0])
        return parts
    if isinstance(raw, Iterable):
        return [str(part).strip(" ().") for part in raw]
    raise Unreadable(f"write letters, such as {EXAMPLES[seen.question.kind]}; got {_shown(raw)}")


def _key(part: str, seen: Instance) -> str:
    """Return the key that a letter or key stands for."""
    for choice in seen.choices:
        if part in (choice.key, choice.letter, choice.letter.upper()):
            return choice.key
    if KEY.fullmatch(part):
        raise Unreadable(
            "the stored answer belongs to an earlier wording of this question; please answer again"
        )
    last = seen.choices[-1].letter
    raise Unreadable(f"there is no option {_shown(part)}; the letters here are a to {last}")


def _shown(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."

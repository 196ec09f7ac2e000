"""Questions as plain text: what shows where no widget can, and answers given as arguments.

Called by `headstart.question`, and as the `text/plain` form of every widget.
"""

from __future__ import annotations

import math
from textwrap import indent
from typing import Any

from headstart.questions.banks import Found
from headstart.questions.draw import LETTERS, Instance, instance
from headstart.questions.judging import (
    EXAMPLES,
    Judgement,
    Response,
    Unreadable,
    judge,
    parse_number,
    parse_response,
    response_text,
)
from headstart.questions.markup import to_plain
from headstart.questions.schema import Prediction, Question
from headstart.questions.state import Store

TASKS = {
    "single": "Pick one.",
    "multiple": "Pick all that apply.",
    "ordering": "Put these in the right order.",
}
FORMS = {"prints": "what does this print", "bug": "find the bug"}


def task(seen: Instance) -> str:
    """Return the sentence that says what to do, with unit and precision where a number is wanted."""
    question = seen.question
    if question.kind != "numeric":
        return TASKS[question.kind]
    unit = {None: "", "%": " in per cent"}.get(question.unit, f" in {question.unit}")
    number = "a whole number" if question.digits == 0 else "a number"
    if question.digits:
        unit += f" with {question.digits} decimal" + ("" if question.digits == 1 else "s")
    return f"Write {number}{unit}."


def facts(found: Found) -> str:
    """Return the short line beside the title: form, difficulty, points."""
    question = found.question
    parts = [FORMS[question.form]] if question.form else []
    parts.append(question.difficulty)
    if found.section == "graded":
        parts.append(f"{question.points} point{'' if question.points == 1 else 's'}")
    return ", ".join(parts)


def question_text(found: Found, seen: Instance) -> str:
    """Return the whole question as text, with lettered options and how to answer."""
    how = f"{task(seen)} Answer with:\n  headstart.question({seen.question.id!r}, answer={example(seen)})"
    return "\n\n".join([f"{found.title} ({facts(found)})", body_text(seen), how])


def body_text(seen: Instance) -> str:
    """Return stem, code and lettered options as text."""
    blocks = [to_plain(seen.stem)]
    if seen.code is not None:
        blocks.append(indent(seen.code, "    "))
    if seen.choices:
        blocks.append("\n".join(_option_line(choice.letter, choice.text) for choice in seen.choices))
    return "\n\n".join(blocks)


def example(seen: Instance) -> str:
    """Return an answer of the right form, as it is typed in Python."""
    return "12" if seen.question.digits == 0 else EXAMPLES[seen.question.kind]


def verdict_text(verdict: Judgement, hint: str | None = None) -> str:
    """Return the outcome and its reasons as lines of text, with `hint` where the answer is not right."""
    lines = [f"{verdict.label}. {to_plain(verdict.message)}"]
    lines += [f"  {to_plain(detail)}" for detail in verdict.details]
    if not verdict.correct and hint:
        lines.append(f"Hint: {to_plain(hint)}")
    return "\n".join(lines)


def prediction_text(prediction: Prediction) -> str:
    """Return a prediction as text, with how to answer."""
    blocks = ["Your guess", to_plain(prediction.stem)]
    if prediction.options:
        blocks.append("\n".join(_option_line(letter, option.text) for letter, option in lettered(prediction)))
    blocks.append(f"Guess with:\n  headstart.predict({prediction.id!r}, guess={example_guess(prediction)})")
    return "\n\n".join(blocks)


def example_guess(prediction: Prediction) -> str:
    """Return a guess that would be accepted, as it is typed; a number lies in the middle of its range."""
    if prediction.options:
        return '"a"'
    low, high = prediction.low, prediction.high
    if low is not None and high is not None:
        return f"{(low + high) / 2:g}"
    return f"{next((bound for bound in (low, high) if bound is not None), 0.5):g}"


def _option_line(letter: str, text: str) -> str:
    return f"  {letter}) " + to_plain(text).replace("\n", "\n     ")


def lettered(prediction: Prediction) -> list[tuple[str, Any]]:
    """Return the options of a prediction with their letters, in the file's order."""
    return list(zip(LETTERS, prediction.options, strict=False))


def answer_in_text(found: Found, answer: Any, store: Store) -> None:
    """Record `answer` and print what comes of it: feedback for practice, what was kept where it is graded."""
    question, learner = found.question, store.learner()
    seen = instance(question, learner)
    try:
        response = parse_response(question, learner, answer)
    except Unreadable as error:
        print(f"{found.title}: this answer cannot be read: {error}.")
        return
    if response is None:
        print(f"{found.title}: no answer was given, so nothing is kept.")
        return
    verdict = judge(question, learner, response) if isinstance(question, Question) else None
    keep(store, found, response, learner, verdict)
    if verdict is None:
        print(saved_line(seen, response))
        return
    print(verdict_text(verdict, seen.hint))


def keep(store: Store, found: Found, response: Response, learner: str, verdict: Judgement | None) -> None:
    """Store an answer. A graded one also fixes the learner's id, which the grader needs."""
    store.keep_answer(found.question.id, response, learner, verdict.correct if verdict else None)
    if found.section == "graded":
        store.keep_learner(learner)


def saved_line(seen: Instance, response: Response) -> str:
    """Return what a learner reads after answering a graded question."""
    return f"Saved: {response_text(seen, response)}. It is checked when you hand in."


def guess_in_text(prediction: Prediction, guess: Any, store: Store) -> None:
    """Record a guess that was given as an argument, and print what was kept."""
    try:
        response = parse_guess(prediction, guess)
    except Unreadable as error:
        print(f"This guess cannot be read: {error}.")
        return
    store.keep_prediction(prediction.id, response)
    print(f"Your guess is kept: {guess_text(prediction, response)}.")


def parse_guess(prediction: Prediction, raw: Any) -> str | float:
    """Return a guess as it is stored: a number, or the text of the option.

    Raises:
        Unreadable: it does not fit the prediction; the message says what does.
    """
    if prediction.kind == "numeric":
        value = parse_number(raw, prediction.unit)
        low = float("-inf") if prediction.low is None else prediction.low
        high = float("inf") if prediction.high is None else prediction.high
        if not low <= value <= high:
            raise Unreadable(f"write a number {span(prediction)}; got {plain_number(value)}")
        return value
    for letter, option in lettered(prediction):
        # The text may have brackets of its own, such as "(1, 1000)".
        if raw == option.text or (
            isinstance(raw, str) and raw.strip(" ().") in (letter, letter.upper(), option.text)
        ):
            return option.text
    last = lettered(prediction)[-1][0]
    raise Unreadable(f"write one of the letters a to {last}; got {raw!r}")


def span(prediction: Prediction) -> str:
    """Return in words which numbers can be guessed: `"from 0 to 100"`; empty where any number can."""
    low, high = (None if end is None else plain_number(end) for end in (prediction.low, prediction.high))
    if low is None:
        return "" if high is None else f"of {high} or less"
    return f"of {low} or more" if high is None else f"from {low} to {high}"


def guess_text(prediction: Prediction, response: str | float) -> str:
    """Return a stored guess as the learner reads it."""
    if isinstance(response, str):
        return to_plain(response)
    return plain_number(response) + (f" {prediction.unit}" if prediction.unit else "")


def plain_number(value: float) -> str:
    """Return a number without an exponent: whole ones in full (`"34,112"`), others to four figures (`"0.9346"`)."""
    size = abs(value)
    if not 1e-9 <= size < 1e15:
        return f"{value:.4g}"
    if size >= 1000 or value == int(value):
        return f"{value:,.0f}"
    decimals = 3 - math.floor(math.log10(size))
    return f"{value:.{decimals}f}".rstrip("0").removesuffix(".")


def compared(prediction: Prediction, entry: dict[str, Any] | None, measured: Any) -> str:
    """Return guess and result side by side."""
    result = guess_text(prediction, measured)
    line = f"You made no guess; measured {result}."
    if entry is not None:
        line = f"You guessed {guess_text(prediction, entry['response'])}; measured {result}."
    return f"{line}\n{to_plain(prediction.aside)}" if prediction.aside else line

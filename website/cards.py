"""Questions and guesses for pages without Python: every reply that Python would give, recorded beforehand.

The pages draw a question with the same widget.js as the notebooks. There Python judges each answer; on a page
`static/pages.js` looks the reply up in what is recorded here. The replies come from the notebooks' own widgets, so
nothing is judged twice, in two languages. Called by pages.py.

What is recorded depends on the kind of question:

    single      a reply for each option
    multiple    a reply for each set of options
    ordering    a tree: one key after the other, until the reply no longer depends on the rest
    numeric     the number line, cut where the reply changes; a reply may name the number, at MARK

Graded questions have no key on the learner's side and are refused.
"""

from __future__ import annotations

import itertools
import json
import math
import tempfile
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from headstart.questions.banks import Found, find_prediction, find_question
from headstart.questions.draw import instance
from headstart.questions.judging import judge_seen
from headstart.questions.markup import to_html
from headstart.questions.schema import Prediction, Question
from headstart.questions.state import Store
from headstart.questions.text import compared, plain_number
from headstart.questions.widget import PredictionWidget, QuestionWidget

READER = "learner"  # whose numbers and order of options the pages show: the id of those who give none
# Where a reply names what was typed: the number, the text as typed, the same text without its comma.
MARK, TYPED, PLAIN = "⌈number⌉", "⌈typed⌉", "⌈plain⌉"
# How a reply names a number: to ten figures, or as guesses are shown. pages.js writes numbers in the same two ways.
SHORT, PLAIN_NUMBER = "short", "plain"
WRITTEN: dict[str, Callable[[float], str]] = {
    SHORT: lambda value: f"{value:.10g}",
    PLAIN_NUMBER: plain_number,
}
FAR = 1e12

Status = dict[str, Any]


class NotForPages(ValueError):
    """A question that must not, or cannot, stand on a page."""


class Recorder:
    """Asks a widget for replies and keeps each different one once."""

    def __init__(self, widget: QuestionWidget | PredictionWidget) -> None:
        self.widget = widget
        self.widget.store = Unkept()  # the widget has made itself a store that writes files
        self.replies: list[dict[str, Any]] = []
        self._count = 0

    def status(self, response: Any) -> Status:
        """Return what the widget shows after `response`."""
        self._count += 1
        self.widget.submission = {"response": response, "n": self._count, "view": "page"}
        return dict(self.widget.state["status"])

    def keep(self, status: Status, written: str | None = None) -> int:
        """Return the number of `status` among the replies; `written` is for a reply that names a number."""
        reply = {"status": status} if written is None else {"status": status, "written": written}
        if reply not in self.replies:
            self.replies.append(reply)
        return self.replies.index(reply)

    def reply(self, response: Any) -> int:
        """Ask, and return the number of the reply."""
        return self.keep(self.status(response))


class Unkept(Store):
    """What a reader answers while replies are recorded: in memory, under one id."""

    def __init__(self) -> None:
        super().__init__(Path(tempfile.gettempdir()) / "headstart-site-keeps-nothing", say=_refuse)
        self._predictions: dict[str, dict[str, Any]] = {}

    def learner(self) -> str:
        """Return the id whose numbers the pages show."""
        return READER

    def answer(self, question_id: str) -> None:
        """Return None: no answer is kept."""

    def keep_answer(self, question_id: str, response: Any, learner: str, correct: bool | None) -> None:
        """Keep nothing: the reply does not depend on earlier answers."""

    def prediction(self, prediction_id: str) -> dict[str, Any] | None:
        """Return the last guess, which the reply to it repeats."""
        return self._predictions.get(prediction_id)

    def keep_prediction(self, prediction_id: str, response: Any, measured: Any = None) -> None:
        """Keep a guess until the next."""
        self._predictions[prediction_id] = {"response": response}


def _refuse(line: str) -> None:
    raise NotForPages(line)


def question_card(question_id: str) -> dict[str, Any]:
    """Return all that a page needs to show a practice question and to reply to any answer.

    Raises:
        NotForPages: the question is graded.
        UnknownName: there is no such question.
    """
    found = find_question(question_id)
    question = found.question
    if found.section != "practice" or not isinstance(question, Question):
        raise NotForPages(f"{question_id!r} is a graded question; a page can show practice questions only")
    widget = QuestionWidget(found, Unkept())
    recorder = Recorder(widget)
    empty = recorder.reply([] if question.kind == "multiple" else None)
    return _card(question_id, recorder, empty, _RECORD[question.kind](found, recorder))


def prediction_card(prediction_id: str) -> dict[str, Any]:
    """Return all that a page needs to take a guess.

    Raises:
        UnknownName: there is no such prediction.
    """
    prediction = find_prediction(prediction_id)
    recorder = Recorder(PredictionWidget(prediction, Unkept()))
    empty = recorder.reply(None)
    if prediction.kind == "single":
        recorded = {"choices": {option.text: recorder.reply(option.text) for option in prediction.options}}
    else:
        recorded = _record_guess(prediction, recorder)
    return _card(prediction_id, recorder, empty, recorded)


def comparison(prediction_id: str, result: str) -> dict[str, Any]:
    """Return what a page shows below an experiment: `none` without a guess, and the line for each guess.

    Args:
        prediction_id: such as `"freezing.drift"`.
        result: what was measured, as the executed notebook printed it.
    """
    prediction = find_prediction(prediction_id)

    def line(response: Any) -> str:
        entry = None if response is None else {"response": response}
        return "".join(f"<p>{to_html(text)}</p>" for text in compared(prediction, entry, result).split("\n"))

    if prediction.kind == "single":
        lines: Any = {option.text: line(option.text) for option in prediction.options}
    else:
        lines = _template(line, _samples(prediction), PLAIN_NUMBER)
    shown = {"none": line(None), "lines": lines, "unit": prediction.unit}
    return {"id": prediction_id, **shown}


def card_html(card: dict[str, Any]) -> str:
    """Return the element that pages.js turns into the widget; without JavaScript it shows the question alone."""
    content = card["content"]
    parts = [f"<p><strong>{escape(content['title'])}</strong> ({escape(content['facts'])})</p>"]
    parts.append(f"<div>{content['stem']}</div>")
    if content["code"] is not None:
        parts.append(f'<pre tabindex="0"><code>{escape(content["code"])}</code></pre>')
    if content["choices"]:
        items = "".join(
            f"<li>{escape(choice['letter'])}. {choice['html']}</li>" for choice in content["choices"]
        )
        parts.append(f'<ul class="hs-plain">{items}</ul>')
    parts.append("<p><em>Answers need JavaScript, which is off in this browser.</em></p>")
    inner = "".join(parts)
    return f'<div class="hs-question" data-id="{escape(card["id"])}">{inner}{_data(card)}</div>'


def comparison_html(comparison: dict[str, Any]) -> str:
    """Return the element in which a guess and its result stand side by side."""
    shown = f'<div class="hs-lines">{comparison["none"]}</div>'
    return f'<div class="hs-measured" data-id="{escape(comparison["id"])}">{shown}{_data(comparison)}</div>'


def _data(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'


def _card(name: str, recorder: Recorder, empty: int, recorded: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "content": dict(recorder.widget.content),
        "replies": recorder.replies,
        "empty": empty,
        **recorded,
    }


def _record_choice(found: Found, recorder: Recorder) -> dict[str, Any]:
    keys = [choice.key for choice in instance(found.question, READER).choices]
    return {"choices": {key: recorder.reply(key) for key in keys}}


def _record_sets(found: Found, recorder: Recorder) -> dict[str, Any]:
    keys = [choice.key for choice in instance(found.question, READER).choices]
    sets = itertools.chain.from_iterable(
        itertools.combinations(keys, size) for size in range(1, len(keys) + 1)
    )
    return {"choices": {" ".join(picked): recorder.reply(list(picked)) for picked in sets}}


def _record_order(found: Found, recorder: Recorder) -> dict[str, Any]:
    keys = [choice.key for choice in instance(found.question, READER).choices]

    def tree(begin: list[str]) -> Any:
        rest = [key for key in keys if key not in begin]
        turned = [rest[at:] + rest[:at] for at in range(max(1, len(rest)))]
        replies = [recorder.status(begin + end) for end in [*turned, rest[::-1]]]
        if begin and all(reply == replies[0] for reply in replies):
            return recorder.keep(replies[0])
        return {key: tree([*begin, key]) for key in rest}

    return {"order": tree([])}


def _record_number(found: Found, recorder: Recorder) -> dict[str, Any]:
    question = found.question
    assert isinstance(question, Question)
    seen = instance(question, READER)
    assert seen.answer is not None

    @cache
    def verdict(value: float) -> tuple[Any, ...]:
        made = judge_seen(seen, value)
        return made.outcome, made.message, made.details

    def alike(one: float, other: float) -> bool:
        first, second = verdict(one), verdict(other)
        return first == second or _masked(first, one) == _masked(second, other)

    near = max(question.tolerance, 0.0 if question.digits is None else 10**-question.digits)
    centres = [float(seen.answer), *(trap for trap, _ in seen.traps)]
    centres += [scale * float(seen.answer) for scale in (0.01, 100)]
    widths = (0.0, near / 2, near, 5 * near, 100 * near, question.tolerance, 5 * question.tolerance)
    marks = {centre + side * width for centre in centres for width in widths for side in (-1, 1)}
    marks |= {(one + other) / 2 for one, other in itertools.combinations(centres, 2)} | {-FAR, 0.0, FAR}
    ordered = sorted(marks)
    samples = sorted(marks | {(low + high) / 2 for low, high in itertools.pairwise(ordered)})
    starts = [-FAR]
    for low, high in itertools.pairwise(samples):
        if not alike(low, high):
            starts.append(_change(alike, low, high))
    ends = [*(math.nextafter(start, -math.inf) for start in starts[1:]), FAR]
    replies = [_between(recorder, low, high) for low, high in zip(starts, ends, strict=True)]
    return _number(question.unit, starts[1:], replies, recorder)


def _masked(verdict: tuple[Any, ...], value: float) -> tuple[Any, ...]:
    outcome, message, details = verdict
    shown = WRITTEN[SHORT](value)
    return outcome, MARK + message.removeprefix(shown) if message.startswith(shown) else message, details


def _change(alike: Callable[[float, float], bool], low: float, high: float) -> float:
    """Return the first number above `low` that gets another reply; one such change lies below `high`."""
    begin = low
    while math.nextafter(low, high) < high:
        middle = low + (high - low) / 2
        if alike(begin, middle):
            low = middle
        else:
            high = middle
    return high


def _between(recorder: Recorder, low: float, high: float) -> int:
    """Record the reply to the numbers from `low` to `high`, which may name the number."""
    samples = [low + share * (high - low) for share in (0.3571, 0.6173)]
    plain = [recorder.status(value) for value in samples]
    if plain[0] == plain[1]:
        return recorder.keep(plain[0])
    html = _template(lambda value: recorder.status(value)["html"], samples, SHORT)
    return recorder.keep({**plain[0], "html": html}, SHORT)


def _record_guess(prediction: Prediction, recorder: Recorder) -> dict[str, Any]:
    samples = _samples(prediction)
    html = _template(lambda value: recorder.status(value)["html"], samples, PLAIN_NUMBER)
    kept = recorder.keep({**recorder.status(samples[0]), "html": html}, PLAIN_NUMBER)
    starts, replies = [], [kept]
    low, high = prediction.low, prediction.high
    if low is not None or high is not None:
        outside = [low - 1.25] if low is not None else []
        outside += [high + 1.25] if high is not None else []
        html = _template(
            lambda value: recorder.status(value)["html"], [outside[0], outside[-1] + 3], PLAIN_NUMBER
        )
        refused = recorder.keep({**recorder.status(outside[0]), "html": html}, PLAIN_NUMBER)
        if low is not None:
            starts, replies = [low], [refused, kept]
        if high is not None:
            starts, replies = [*starts, math.nextafter(high, math.inf)], [*replies, refused]
    return _number(prediction.unit, starts, replies, recorder)


def _samples(prediction: Prediction) -> list[float]:
    """Return two guesses that are in range, with figures that no text has by chance."""
    low = prediction.low if prediction.low is not None else (prediction.high or 0) - 100
    high = prediction.high if prediction.high is not None else low + 100
    return [low + share * (high - low) for share in (0.35713, 0.61733)]


def _number(unit: str | None, starts: list[float], replies: list[int], recorder: Recorder) -> dict[str, Any]:
    typed = {**recorder.status("?")}
    typed["html"] = _replaced(typed["html"], "'?'", TYPED)
    twice = {**recorder.status("1,234")}
    twice["html"] = _replaced(_replaced(twice["html"], "'1,234'", TYPED), "1234", PLAIN)
    return {
        "number": {
            "unit": unit,
            "starts": starts,
            "replies": replies,
            "unreadable": recorder.keep(typed),
            "ambiguous": recorder.keep(twice),
        }
    }


def _template(text_of: Callable[[float], str], samples: list[float], written: str) -> str:
    """Return the text with MARK in the place of the number; it must be the same text for both samples."""
    texts = [_replaced(text_of(value), WRITTEN[written](value), MARK) for value in samples]
    if texts[0] != texts[1]:
        raise NotForPages(f"a reply differs by more than the number in it: {texts[0]!r}, {texts[1]!r}")
    return texts[0]


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise NotForPages(f"{old!r} stands {text.count(old)} times in the reply {text!r}; expected once")
    return text.replace(old, new)


_RECORD: dict[str, Callable[[Found, Recorder], dict[str, Any]]] = {
    "single": _record_choice,
    "multiple": _record_sets,
    "ordering": _record_order,
    "numeric": _record_number,
}

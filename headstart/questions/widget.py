"""The widgets behind `headstart.question` and `headstart.predict`: Python judges, widget.js draws.

One submission travels from the page to Python in the trait `submission`; the result travels back in `state`.
Everything is kept in answers.json by `Store`, which also refills a widget when its cell runs again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakSet

import anywidget
import traitlets

from headstart.questions.banks import Found
from headstart.questions.draw import Instance, instance
from headstart.questions.judging import Judgement, Unreadable, judge, parse_response
from headstart.questions.markup import to_html
from headstart.questions.schema import Prediction, Question
from headstart.questions.state import Store
from headstart.questions.text import (
    compared,
    facts,
    guess_text,
    keep,
    lettered,
    parse_guess,
    prediction_text,
    question_text,
    saved_line,
    span,
    task,
)

FOLDER = Path(__file__).parent
# Every outcome has a sign and words besides its colour.
SIGNS = {"right": "✓", "partly": "◐", "wrong": "✗", "saved": "✓", "note": "i", "problem": "!"}


class Page(anywidget.AnyWidget):
    """What widget.js draws: Python sends `content` and `state`, the page sends `submission`."""

    _esm = FOLDER / "widget.js"
    _css = FOLDER / "widget.css"

    content = traitlets.Dict().tag(sync=True)
    submission = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, content: dict[str, Any], state: dict[str, Any]) -> None:
        super().__init__(content=content, state=state)
        self.layout.width = "100%"


class _Card(Page):
    """What questions and guesses share: where answers are kept, and the text that stands in for the page."""

    # ipywidgets 7, which Colab has, shows a widget by this method, without the text that stands in for it.
    _ipython_display_ = None

    def __init__(self, name: str, store: Store, plain: str, content: dict[str, Any]) -> None:
        self.name = name
        self.plain = plain
        # The folder is fixed now: a later os.chdir in the notebook must not scatter answers.
        self.store = Store(store.folder, say=self._notice)
        self.notices: list[str] = []
        super().__init__(content, self._stored())
        _live.add(self)

    def restore(self) -> None:
        """Show what is stored."""
        self.state = self._stored()

    def _stored(self) -> dict[str, Any]:
        raise NotImplementedError

    def _submitted(self, response: Any) -> dict[str, Any]:
        raise NotImplementedError

    @traitlets.observe("submission")
    def _on_submission(self, change: Any) -> None:
        sent = change["new"]
        if "response" not in sent:
            return
        try:
            state = self._submitted(sent["response"])
        except Unreadable as error:
            state = response_state(sent["response"], status_line("problem", "Not saved.", f"Please {error}."))
        # The page that sent this keeps what it shows; other pages take the response over.
        self.state = {**state, "n": sent.get("n"), "view": sent.get("view")}
        refresh(self.name, but=self)

    def _notice(self, line: str) -> None:
        self.notices.append(line)

    def _said(self, status: dict[str, Any]) -> dict[str, Any]:
        """Add to `status` what was wrong with answers.json."""
        notices, self.notices = self.notices, []
        return {**status, "notices": [*status.get("notices", []), *notices]}

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/plain"] = self.plain
        return bundle


class QuestionWidget(_Card):
    """A question with its controls. Practice is judged at once; a graded answer is saved."""

    def __init__(self, found: Found, store: Store) -> None:
        self.found = found
        self.seen = instance(found.question, store.learner())
        if found.section == "graded":
            store.keep_learner(self.seen.learner)
        super().__init__(
            found.question.id, store, question_text(found, self.seen), question_content(found, self.seen)
        )

    def _stored(self) -> dict[str, Any]:
        entry = self.store.answer(self.name)
        if entry is None:
            return response_state(None, self._said({}))
        response, learner = entry["response"], entry["learner"]
        if learner != self.seen.learner and self.found.question.draw:
            text = f"You answered this before as “{learner}”, with other numbers. Please answer again."
            return response_state(None, self._said(status_line("note", "", text)))
        try:
            parsed = parse_response(self.found.question, learner, response)
        except Unreadable as error:
            return response_state(None, self._said(status_line("note", "", f"{_sentence(error)}.")))
        return response_state(parsed, self._status(parsed, self._verdict(parsed)))

    def _submitted(self, response: Any) -> dict[str, Any]:
        question = self.found.question
        parsed = parse_response(question, self.seen.learner, response)
        if parsed is None and self.found.section == "graded" and self.store.answer(self.name):
            self.store.forget_answer(self.name)
            return response_state(
                None, self._said(status_line("note", "", "Your answer is taken back. Nothing is saved."))
            )
        if parsed is None:
            raise Unreadable("write a number first" if question.kind == "numeric" else "pick an option first")
        verdict = self._verdict(parsed)
        keep(self.store, self.found, parsed, self.seen.learner, verdict)
        return response_state(parsed, self._status(parsed, verdict))

    def _verdict(self, response: Any) -> Judgement | None:
        question = self.found.question
        return judge(question, self.seen.learner, response) if isinstance(question, Question) else None

    def _status(self, response: Any, verdict: Judgement | None) -> dict[str, Any]:
        if verdict is None:
            return self._said(status_line("saved", "", saved_line(self.seen, response)))
        return self._said(verdict_line(verdict))


class PredictionWidget(_Card):
    """A guess, open until the result is known."""

    def __init__(self, prediction: Prediction, store: Store) -> None:
        self.prediction = prediction
        super().__init__(prediction.id, store, prediction_text(prediction), _prediction_content(prediction))

    def _stored(self) -> dict[str, Any]:
        entry = self.store.prediction(self.name)
        if entry is None:
            return response_state(None, self._said({}))
        try:
            response = parse_guess(self.prediction, entry["response"])
        except Unreadable:
            return response_state(None, self._said({}))
        if "measured" in entry:
            status = status_line(
                "note", "", compared(self.prediction, entry, entry["measured"]).replace("\n", "\n\n")
            )
            return {**response_state(response, self._said(status)), "locked": True}
        status = status_line(
            "saved", "", f"Your guess is kept: {guess_text(self.prediction, response)}. Read on to see."
        )
        return response_state(response, self._said(status))

    def _submitted(self, response: Any) -> dict[str, Any]:
        if response in (None, ""):
            raise Unreadable(
                "write a number first" if self.prediction.kind == "numeric" else "pick an option first"
            )
        self.store.keep_prediction(self.name, parse_guess(self.prediction, response))
        return self._stored()


_live: WeakSet[_Card] = WeakSet()


def refresh(name: str, but: _Card | None = None) -> None:
    """Show what is stored in every widget of question or prediction `name`, `but` one."""
    for card in list(_live):
        if card.name == name and card is not but and card.comm is not None:
            card.restore()


def response_state(response: Any, status: dict[str, Any]) -> dict[str, Any]:
    """Return what a widget shows of an answer: the response and the line that says what came of it."""
    return {"response": response, "status": status, "locked": False}


def status_line(tone: str, label: str, text: str, details: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the line below a question: its tone, a word for it, the text and its details (Markdown)."""
    return {
        "tone": tone,
        "sign": SIGNS[tone],
        "label": label,
        "html": to_html(text),
        "details": [to_html(detail) for detail in details],
    }


def verdict_line(verdict: Judgement) -> dict[str, Any]:
    """Return the line below a question that has been judged."""
    tone = verdict.outcome if verdict.outcome in SIGNS else "problem"
    return status_line(tone, f"{verdict.label}.", verdict.message, verdict.details)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def question_content(found: Found, seen: Instance) -> dict[str, Any]:
    """Return what the page needs to draw a question: its texts as HTML, its controls, no key."""
    question = seen.question
    graded = found.section == "graded"
    return {
        "kind": question.kind,
        "title": found.title,
        "facts": facts(found),
        "task": "Move the lines with the arrow buttons." if question.kind == "ordering" else task(seen),
        "stem": to_html(seen.stem),
        "code": seen.code,
        "choices": [{"value": c.key, "letter": c.letter, "html": to_html(c.text)} for c in seen.choices],
        "unit": question.unit,
        "label": "Your answer",
        "button": "Save answer" if graded else "Check answer",
        "hint": to_html(seen.hint) if seen.hint else None,
        "steps": [to_html(step) for step in seen.steps],
        # Nothing is lost when a learner picks and scrolls on; practice waits for the button instead.
        "autosave": graded,
    }


def _prediction_content(prediction: Prediction) -> dict[str, Any]:
    number = f"Write a number {span(prediction)}".rstrip() + "."
    return {
        "kind": prediction.kind,
        "title": "Your guess",
        "facts": "before you look",
        "task": "Pick one." if prediction.options else number,
        "stem": to_html(prediction.stem),
        "code": None,
        "choices": [
            {"value": option.text, "letter": letter, "html": to_html(option.text)}
            for letter, option in lettered(prediction)
        ],
        "unit": prediction.unit,
        "label": "Your guess",
        "button": "Keep my guess",
        "hint": None,
        "steps": [],
        "autosave": False,
    }

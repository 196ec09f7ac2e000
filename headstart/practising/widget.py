"""The widget behind `headstart.practice`: a round in one frame, drawn by the same widget.js as single questions.

The page sends answers and the button's presses in `submission`. Python sends `content`, which is the question or
the summary, and `state`, which is what came of the answer and what the button does next.
"""

from __future__ import annotations

from typing import Any

import traitlets

from headstart.practising.places import find_lessons, lesson_link, section_link
from headstart.practising.rounds import Round
from headstart.practising.text import missed_words, place_words, result_line
from headstart.questions.banks import Found
from headstart.questions.draw import Instance
from headstart.questions.judging import Unreadable
from headstart.questions.text import facts
from headstart.questions.widget import Page, question_content, response_state, status_line, verdict_line


class PracticeWidget(Page):
    """A round of practice: one question after another, then the summary.

    Args:
        round_: the round to show.
        notices: lines about the learner's file; whoever keeps records adds to this list.
    """

    def __init__(self, round_: Round, notices: list[str]) -> None:
        self.round = round_
        self.notices = notices
        # The links start from the notebook's folder, which is the current one now; os.chdir may come later.
        self.links = {name: lesson_link(bank) for name, bank in round_.lessons.items()}
        # Counts what was shown, so that a button pressed twice is one press.
        self.step = 0
        super().__init__(self._content(None), self._state(None, {}))

    @traitlets.observe("submission")
    def _on_submission(self, change: Any) -> None:
        sent = change["new"]
        if sent.get("step") != self.step:
            return
        reply = {"n": sent.get("n"), "view": sent.get("view")}
        if "response" in sent:
            if not self.round.over:
                self.state = {**self._answered(sent["response"]), **reply}
        elif sent.get("action") == "skip":
            self.round.skip()
            self.state = {**self._state(None, self._steps()), **reply}
        elif sent.get("action") in ("next", "again"):
            if sent["action"] == "again":
                self.round = self.round.again()
            else:
                self.round.next()
            self.step += 1
            # Both travel in one message: the page never shows a question with the answer to another.
            with self.hold_sync():
                self.content = self._content(sent.get("view"))
                self.state = self._state(None, {})

    def _answered(self, response: Any) -> dict[str, Any]:
        try:
            verdict = self.round.answer(response)
        except Unreadable as error:
            return self._state(response, status_line("problem", "Not checked.", f"Please {error}."))
        return self._state(response, verdict_line(verdict))

    def _state(self, response: Any, status: dict[str, Any]) -> dict[str, Any]:
        notices, said = list(self.notices), {**status}
        self.notices.clear()
        return {
            **response_state(response, {**said, "notices": notices}),
            "action": _action(self.round),
            "step": self.step,
        }

    def _steps(self) -> dict[str, Any]:
        """What a learner reads who does not know."""
        steps = self.round.seen().steps
        return status_line("note", "", "It counts as missed, and its idea comes again. Step by step:", steps)

    def _content(self, view: str | None) -> dict[str, Any]:
        shown = {"kind": "practice", "step": self.step, "view": view}
        if self.round.over:
            return {**shown, "question": None, "summary": self._summary()}
        return {**shown, "question": _question(self.round, self.round.seen()), "summary": None}

    def _summary(self) -> dict[str, Any]:
        summary = self.round.summary()
        ideas = [
            {
                "topic": idea.topic,
                "missed": missed_words(idea),
                "place": place_words(idea),
                "link": section_link(idea.lesson, self.links[idea.lesson.lesson], idea.section),
            }
            for idea in summary.ideas
        ]
        return {
            "title": "Round finished",
            "result": result_line(summary),
            "advice": "Go back to:" if ideas else "Nothing was missed.",
            "ideas": ideas,
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            names = [bank.assignment for bank in self.round.lessons.values()]
            given = f"{names!r}, "
            if len(names) == 1:
                given = f"{names[0]!r}, "
            elif len(names) == len(find_lessons()):
                given = ""
            bundle[0]["text/plain"] = (
                f"Practice: {self.round.length} questions, one at a time. "
                f"Where they do not show here, type:\n  headstart.practice({given}text=True)"
            )
        return bundle


def _action(round_: Round) -> dict[str, str]:
    """Return what the button below the question sends, and what stands on it."""
    if round_.over:
        return {"name": "again", "label": "Another round"}
    if not round_.answered:
        return {"name": "skip", "label": "I do not know"}
    if round_.number == round_.length:
        return {"name": "next", "label": "Show the summary"}
    return {"name": "next", "label": "Next question"}


def _question(round_: Round, seen: Instance) -> dict[str, Any]:
    found = Found(seen.question, "practice", round_.number, round_.length)
    parts = [facts(found)]
    if len(round_.lessons) > 1:
        parts.append(f"lesson {round_.lessons[seen.question.lesson].number}")
    return {
        **question_content(found, seen),
        "title": f"Question {round_.number} of {round_.length}",
        "facts": ", ".join(parts),
    }

"""The widget behind `headstart.review`: Python chooses the cards and keeps the ratings, the page draws.

The page's code and its look are those of the questions (headstart/questions/widget.js and widget.css).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets
from fsrs import Rating

from headstart.flashcards.deck import QUESTION
from headstart.flashcards.session import RATINGS, Session
from headstart.flashcards.text import NOTHING_YET, ahead, front, nothing_yet
from headstart.questions.markup import to_html
from headstart.questions.widget import SIGNS, Page

CONTENT = {
    "kind": "review",
    "title": "Flashcards",
    "task": QUESTION,
    "prompt": "How well did you know it?",
    "keys": "Keys 1 to 4 rate too. "
    + " ".join(f"{rating.name}: {text}." for rating, text in RATINGS.items()),
    "ratings": [
        {"value": rating.value, "name": rating.name, "meaning": text} for rating, text in RATINGS.items()
    ],
}


class ReviewWidget(Page):
    """One flashcard after another, each rated by the learner.

    Args:
        start: makes the review; it gets what takes one line for the learner when something is wrong with the file.
    """

    def __init__(self, start: Callable[[Callable[[str], None]], Session]) -> None:
        self.notices: list[str] = []
        self.session = start(self.notices.append)
        if self.session.notice:
            self.notices.append(self.session.notice)
        super().__init__(CONTENT, self._state(None))

    @traitlets.observe("submission")
    def _on_submission(self, change: Any) -> None:
        sent, said = change["new"], None
        card = self.session.current
        if sent.get("action") == "stop":
            self.session.stop()
        elif sent.get("action") == "rate" and card is not None and sent.get("card") == card.id:
            said = self.session.rate(Rating(sent["rating"]))
        # Anything else is a page that still shows an earlier card: it gets the current one.
        self.state = {**self._state(said), "n": sent.get("n"), "view": sent.get("view")}

    def _state(self, said: str | None) -> dict[str, Any]:
        session, card = self.session, self.session.current
        shown, summary = None, []
        if card is not None:
            shown = {
                "id": card.id,
                "term": card.term,
                "home": card.home.heading,
                "definition": to_html(card.definition),
                "place": card.place,
                "link": card.link(),
                "when": {str(rating.value): when for rating, when in session.previews().items()},
            }
        else:
            summary = [NOTHING_YET] if nothing_yet(session) else session.summary()
        notices, self.notices[:] = list(self.notices), []
        status: dict[str, Any] = {"notices": notices}
        if said:
            status |= {
                "tone": "saved",
                "sign": SIGNS["saved"],
                "label": "",
                "html": to_html(said),
                "details": [],
            }
        return {"card": shown, "facts": ahead(session) if card else "", "summary": summary, "status": status}

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            card = self.session.current
            shown = front(self.session, card) if card else "\n".join(self.state["summary"])
            bundle[0]["text/plain"] = f"{shown}\nReview in text with:\n  headstart.review(text=True)"
        return bundle

"""Practice: ten questions at a time, more of what was missed. Called by learners, the lessons and the command.

headstart.practice("07")             practises lesson 7
headstart.practice(["01", "07"])     two lessons
headstart.practice()                 all lessons
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from headstart.names import unknown_name
from headstart.practising.places import find_lessons
from headstart.practising.records import Records
from headstart.practising.rounds import Round
from headstart.practising.selection import COUNT
from headstart.questions import widgets_work
from headstart.questions.state import Store
from headstart.questions.text import FORMS

if TYPE_CHECKING:
    from headstart.practising.widget import PracticeWidget

__all__ = ["practice"]


def practice(
    lesson: Any = None,
    *,
    form: str | None = None,
    count: int = COUNT,
    text: bool = False,
    seed: int | str | None = None,
) -> PracticeWidget | None:
    """Practise: ten questions, one at a time, then which ideas to go back to.

    What you miss comes again: its topic is asked more often in this round, and half of the next round belongs to
    the topic that you missed most. A question never comes again while a new one of the same kind is left (same
    lesson, and single, multiple, numeric or ordering), also in later rounds. Your answers are kept in
    `practice.json`. Nothing here is graded.

    Args:
        lesson: `"07"`, `"07_freezing"`, `"freezing"`, a list of lessons, or None for all.
        form: `"bug"` asks find-the-bug questions alone, `"prints"` what a piece of code prints.
        count: how many questions a round has; fewer where there are fewer.
        text: ask in text, and read what you type, instead of showing the widget.
        seed: makes a round that can be repeated: with the same answers before it, it asks the same.

    Returns:
        The widget, which a notebook shows under the cell. None where text was used.

    Raises:
        UnknownName: there is no such lesson or form; the message names the nearest ones.
        ValueError: the lessons have no such question, or `count` is below 1.
    """
    if form is not None and form not in FORMS:
        raise unknown_name("form", str(form), FORMS)
    lessons = find_lessons(lesson)
    as_text = text or not widgets_work()
    notices: list[str] = []
    records = Records(say=print if as_text else notices.append)
    round_ = Round(lessons, Store().learner(), records, form=form, count=count, seed=seed)
    if not as_text:
        from headstart.practising.widget import PracticeWidget

        return PracticeWidget(round_, notices)
    if not text and not somebody_types():
        print(
            "Practice asks, and nobody can type an answer here. "
            "Call it in a notebook, or type `headstart practice` in a terminal."
        )
        return None
    from headstart.practising.text import run

    run(round_)
    return None


def somebody_types() -> bool:
    """Whether a person sits at a terminal and can answer."""
    return sys.stdin is not None and sys.stdin.isatty() and not os.environ.get("NBGRADER_EXECUTION")

"""Questions with feedback, guesses before experiments, and what is handed in. Called by the notebooks.

headstart.question("freezing.flag-sum")                 shows it
headstart.question("freezing.flag-sum", answer=0.85)    answers it without a widget
headstart.predict("freezing.drift")                     asks for a guess
headstart.answered("freezing.flag-sum", q3)             says what will be handed in
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from headstart.questions.banks import find_prediction, find_question
from headstart.questions.draw import instance
from headstart.questions.judging import Unreadable, parse_response, response_text
from headstart.questions.state import Given, Store, given, learner
from headstart.questions.text import (
    answer_in_text,
    compared,
    guess_in_text,
    prediction_text,
    question_text,
)

if TYPE_CHECKING:
    from headstart.questions.widget import PredictionWidget, QuestionWidget

__all__ = ["Given", "answered", "given", "learner", "predict", "question", "widgets_work"]

_NOTHING = object()


def question(question_id: str, *, answer: Any = _NOTHING) -> QuestionWidget | None:
    """Show a question, or answer it.

    Practice gives feedback at once. Graded answers are saved, and checked when they are handed in.

    Args:
        question_id: such as `"freezing.flag-sum"`.
        answer: letters such as `"b"` or `"a, c"`, or a number; the result is printed.

    Returns:
        The widget, which a notebook shows under the cell. None where text was printed: with `answer`, and
        where widgets cannot be shown.

    Raises:
        UnknownName: no question has this id; the message names the nearest ones.
    """
    found, store = find_question(question_id), Store()
    if answer is not _NOTHING:
        answer_in_text(found, answer, store)
        return None
    if not widgets_work():
        print(question_text(found, instance(found.question, store.learner())))
        return None
    from headstart.questions.widget import QuestionWidget

    return QuestionWidget(found, store)


def predict(prediction_id: str, *, guess: Any = _NOTHING, measured: Any = None) -> PredictionWidget | None:
    """Ask for a guess before an experiment, or put it beside what was measured.

    Args:
        prediction_id: such as `"freezing.drift"`.
        guess: guess without a widget: a letter or a number.
        measured: the result. Guess and result are printed side by side.

    Returns:
        The widget, or None where text was printed.

    Raises:
        UnknownName: there is no such prediction; the message names the nearest ones.
    """
    prediction, store = find_prediction(prediction_id), Store()
    if measured is not None:
        measured = measured if isinstance(measured, str) else float(measured)
        entry = store.prediction(prediction_id)
        if entry is not None:
            store.keep_prediction(prediction_id, entry["response"], measured)
            _refresh(prediction_id)
        print(compared(prediction, entry, measured))
        return None
    if guess is not _NOTHING:
        guess_in_text(prediction, guess, store)
        _refresh(prediction_id)
        return None
    if not widgets_work():
        print(prediction_text(prediction))
        return None
    from headstart.questions.widget import PredictionWidget

    return PredictionWidget(prediction, store)


def answered(question_id: str, value: Any = None) -> None:
    """Say what will be handed in for a graded question. Stands in the quiz notebook's locked cells.

    Under `nbgrader validate` a missing or unreadable answer is written to stderr: that is how the cell is
    reported as not done, without a traceback. Under `nbgrader autograde` nothing is printed.

    Args:
        question_id: such as `"freezing.flag-sum"`.
        value: what was assigned in the notebook (`q3`); None takes the answer saved by the widget.

    Raises:
        UnknownName: there is no such question; the message names the nearest ones.
    """
    found, store = find_question(question_id), Store()
    execution = os.environ.get("NBGRADER_EXECUTION")
    if execution == "autograde":
        return
    store.keep_learner(store.learner())
    name = f"Question {found.number}"
    answer = given(question_id, value)
    try:
        response = parse_response(found.question, answer.learner, answer.response) if answer else None
    except Unreadable as error:
        line, missing = f"{name}: your answer cannot be read: {error}.", True
    else:
        missing = answer is None or response is None
        line = f"{name}: not attempted."
        if answer is not None and response is not None:
            shown = response_text(instance(found.question, answer.learner), response)
            where = "from the widget" if answer.source != "assignment" else "from your assignment"
            line = f"{name}: {shown} ({where})."
    print(line, file=sys.stderr if missing and execution == "validate" else sys.stdout)


def _refresh(prediction_id: str) -> None:
    """Update widgets that show this prediction, if any were made."""
    widget = sys.modules.get("headstart.questions.widget")
    if widget is not None:
        widget.refresh(prediction_id)


def widgets_work() -> bool:
    """Whether a front end may show widgets: in a notebook's kernel, unless it runs to be graded."""
    if os.environ.get("NBGRADER_EXECUTION"):
        return False
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None

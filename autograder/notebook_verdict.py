"""Verdicts inside a notebook: what the locked cells of `solutions/` call when nbgrader runs a submission.

nbgrader reads the points from the value of the cell's last expression, and gives none at all if the cell
writes to stderr. So each function here shows its verdict as HTML, keeps everything else off the screen, and
returns the points as a float.

This is the trusting form: the student's code runs in the process that judges it.
"""

from __future__ import annotations

import html
import linecache
import os
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import Course, Exercise
from autograder.judge import (
    WORDS,
    GraderError,
    Verdict,
    failed_verdict,
    judge_workspace,
)
from autograder.source import broken_definition, defines, missing_message
from autograder.student import DEFAULT_SECONDS, Student, StudentProblem
from autograder.workspace import Workspace, quiet, scratch_folder, settings_kept
from headstart.answer_files import without_magics

if TYPE_CHECKING:
    from headstart.questions.judging import Judgement
    from headstart.questions.schema import Question

_CELL = "border:1px solid #8886; padding:0.3em 0.6em; text-align:left; vertical-align:top"


# ---------------------------------------------------------------------------------------------- exercises


def exercise_points(name: str, namespace: dict[str, Any] | None = None) -> float:
    """Judge what this notebook defines as the answer to exercise `name`, show the verdict, return the points.

    Args:
        name: the exercise, which is the name of the function that students write.
        namespace: where to look for it; the notebook's own variables by default.

    Raises:
        UnknownName: there is no such exercise.
        GraderError: one of the course's checks is itself at fault.
    """
    with quiet():
        exercise = Course.find().exercise(name)
        try:
            verdict = notebook_verdict(exercise, _notebook(namespace))
        except GraderError as error:
            fault = str(error)
            verdict = None
    if verdict is None:
        # Raised here, so that the traceback in the notebook shows no line of the hidden checks.
        raise GraderError(fault)
    _show(verdict_html(verdict))
    return verdict.score


@dataclass(frozen=True)
class Notebook:
    """A running notebook: its variables, and the source of the cells that ran, oldest first."""

    namespace: dict[str, Any]
    cells: list[str]


def _notebook(namespace: dict[str, Any] | None) -> Notebook:
    from IPython import get_ipython

    shell = get_ipython()
    if namespace is not None:
        return Notebook(namespace, [])
    if shell is None:
        raise RuntimeError("exercise_points runs in a notebook; in a script, pass the namespace to look in.")
    history = getattr(shell.history_manager, "input_hist_raw", None) or shell.user_ns.get("In", [])
    return Notebook(shell.user_ns, [without_magics(cell) for cell in history if isinstance(cell, str)])


def notebook_verdict(exercise: Exercise, notebook: Notebook, seconds: float = DEFAULT_SECONDS) -> Verdict:
    """Judge the function that `notebook` defines under the exercise's name; `seconds` limits each call.

    Raises:
        GraderError: one of the checks is itself at fault.
    """
    name, namespace = exercise.name, notebook.namespace
    source = next((cell for cell in reversed(notebook.cells) if defines(cell, name)), None)
    if source is None and name in namespace:
        source = _remembered_source(namespace[name], name)
    if name in namespace:
        return judge_workspace(exercise, Workspace(None, namespace=namespace), source, seconds)
    broken = broken_definition(reversed(notebook.cells), name)
    if broken is not None:
        return failed_verdict(exercise, "error", broken)
    if source is not None:
        return failed_verdict(exercise, "error", _why_undefined(name, source, namespace))
    own = [
        key
        for key, value in namespace.items()
        if isinstance(value, (types.FunctionType, type))
        and getattr(value, "__module__", None) == "__main__"
        and not key.startswith("_")
    ]
    return failed_verdict(exercise, "error", missing_message(name, own))


def _remembered_source(function: Any, name: str) -> str | None:
    """Return the cell that `function` comes from, which IPython keeps for tracebacks."""
    code = getattr(function, "__code__", None)
    lines = linecache.getlines(code.co_filename) if code is not None else []
    source = without_magics("".join(lines))
    return source if defines(source, name) else None


def _why_undefined(name: str, source: str, namespace: Mapping[str, Any]) -> str:
    """Run the cell that should define `name` once more, on a copy of the variables, to see where it stops."""
    workspace = Workspace(source, namespace=dict(namespace))
    try:
        with settings_kept(), scratch_folder():
            Student(workspace).load(name)
    except StudentProblem as problem:
        return f"the cell that should define `{name}` stops before it does: {problem.message}"
    return (
        f"the cell that should define `{name}` ran, but `{name}` is gone: was it deleted or the cell skipped?"
    )


def verdict_html(verdict: Verdict) -> str:
    """Return a verdict as an HTML table: for each check its result, title, points and message."""
    heading = (
        f"<strong>{verdict.score:g} of {verdict.max_score:g} points</strong> · "
        f"<code>{html.escape(verdict.exercise)}</code> · {verdict.outcome.replace('_', ' ')}"
    )
    common = verdict.common_message
    rows = []
    for result in verdict.checks:
        text = _rich(result.title)
        if result.reason != "ok" and common is None:
            said = verdict.text_of(result)
            text += "<br>as above" if said != result.message else f"<br>{_rich(said)}"
        rows.append(
            f'<tr><td style="{_CELL}">{html.escape(WORDS[result.reason])}</td><td style="{_CELL}">{text}</td>'
            f'<td style="{_CELL}">{result.earned:g} of {result.points:g}</td></tr>'
        )
    above = f"<p>{_rich(common)}</p>" if common is not None else ""
    head = "".join(f'<th scope="col" style="{_CELL}">{word}</th>' for word in ("result", "check", "points"))
    return (
        f'<div class="autograder-verdict"><p>{heading}</p>{above}'
        f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _rich(text: str) -> str:
    """Escape `text` for HTML and turn `code` in backticks into <code>."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


# ---------------------------------------------------------------------------------------------- questions


def question_points(question_id: str, value: Any = None) -> float:
    """Judge the answer to a graded question, show the verdict with its reasons, return the points.

    Args:
        question_id: such as `"freezing.flag-sum"`.
        value: what was assigned in the notebook (`q3`); None takes the answer that the widget stored.

    Raises:
        UnknownName: there is no such question; the message names the nearest.
        QuizFileError: the lesson's quiz.yaml is not in order.
    """
    with quiet():
        question = Course.find().question(question_id)
        judgement, notes, steps = question_verdict(question, value)
        points = min(max(judgement.credit, 0.0), 1.0) * question.points
    _show(question_html(question, judgement, points, notes, steps))
    return float(points)


def handed_in_by(folder: Path, learner: str) -> str:
    """Return the id under which the work in `folder` was handed in.

    nbgrader runs a submission in `autograded/<id>/<assignment>`; anywhere else it is the `learner`.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde" and len(folder.parts) > 2:
        return folder.parent.name
    return learner


def question_verdict(
    question: Question, value: Any = None, folder: Path | None = None
) -> tuple[Judgement, list[str], tuple[str, ...]]:
    """Judge the answer that was given to `question` in `folder`; return judgement, notes and worked steps.

    The numbers of a numeric question belong to the id under which the work was handed in. Options are
    compared by what they say, so their letters are those that the learner saw.
    """
    from headstart.questions.draw import instance
    from headstart.questions.judging import Judgement, Unreadable, judge, parse_response, response_text
    from headstart.questions.state import Store, given

    folder = Path.cwd() if folder is None else folder
    store = Store(folder, say=lambda line: None)
    answer = given(question.id, value, folder)
    if answer is None:
        missing = "There is no answer in the notebook or in `answers.json`."
        return Judgement(0.0, "not_attempted", missing), [], ()
    owner = handed_in_by(folder, store.learner())
    saw = answer.learner
    if answer.source == "assignment":
        saw = store.read(keep_aside=False)["learner"] or owner
    drawn_for = owner if question.kind == "numeric" else saw
    steps = instance(question, drawn_for).steps
    try:
        response = parse_response(question, saw, answer.response)
    except Unreadable as error:
        return Judgement(0.0, "unreadable", f"Your answer cannot be read: {error}."), [], steps
    judgement = judge(question, drawn_for, response)
    notes = []
    clicked = given(question.id, None, folder)
    if answer.source == "assignment" and clicked is not None and response is not None:
        typed = response_text(instance(question, saw), response)
        if clicked.response != response:
            notes.append(f"What you typed counts ({typed}), not what you clicked.")
    differ = instance(question, saw).values != instance(question, drawn_for).values
    if differ and judgement.outcome == "wrong":
        note = f"You answered under the id `{saw}`. This work was handed in as `{owner}`"
        note += ", and the numbers of a question belong to that id."
        if judge(question, saw, response).correct:
            note += f" With the numbers of `{saw}` your answer would be right."
        notes.append(note)
    return judgement, notes, steps


def question_html(
    question: Question, judgement: Judgement, points: float, notes: list[str], steps: tuple[str, ...]
) -> str:
    """Return the verdict on a question as students read it; the other arguments are `question_verdict`'s."""
    from headstart.questions.markup import to_html

    heading = (
        f"<strong>{points:g} of {question.points:g} points</strong> · "
        f"<code>{html.escape(question.id)}</code> · {html.escape(judgement.label)}"
    )
    parts = [f"<p>{heading}</p>", f"<p>{to_html(judgement.message)}</p>"]
    if judgement.details:
        parts.append(_list("ul", judgement.details))
    parts += [f"<p>{to_html(note)}</p>" for note in notes]
    if steps:
        parts.append(f"<p>Step by step:</p>{_list('ol', steps)}")
    return f'<div class="autograder-verdict">{"".join(parts)}</div>'


def _list(tag: str, texts: tuple[str, ...]) -> str:
    from headstart.questions.markup import to_html

    return f"<{tag}>{''.join(f'<li>{to_html(text)}</li>' for text in texts)}</{tag}>"


def _show(text: str) -> None:
    """Show HTML as the output of the cell, beside its value; without a front end, nothing is shown."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display({"text/html": text}, raw=True)

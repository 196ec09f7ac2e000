"""Hints and worked solutions of the code exercises. Called by learners, after `headstart.check`.

headstart.hint("freeze_all_but_fc")         opens the next of three hints
headstart.hint("freeze_all_but_fc", 1)      shows an open one again
headstart.solution("freeze_all_but_fc")     opens the worked solution, after a pass or three attempts
"""

from __future__ import annotations

from textwrap import indent
from typing import Any

from headstart.exercises.banks import Exercise, find_exercise
from headstart.exercises.ladder import IN_NOTEBOOK, Calls, open_hint, open_solution
from headstart.names import UnknownName
from headstart.questions.markup import to_plain

__all__ = ["hint", "named", "solution"]


def hint(exercise: Any, number: int | str | None = None, *, calls: Calls = IN_NOTEBOOK) -> None:
    """Show the next hint of an exercise, or one that is open already.

    Args:
        exercise: the function, or its name, such as `"freeze_all_but_fc"`.
        number: 1, 2 or 3 shows that hint; each opens after the one before it.
        calls: how the next steps are written in the text: for a notebook or for a terminal.

    Raises:
        UnknownName: there is no such exercise; the message names the nearest ones.
    """
    _show(*open_hint(named(exercise), number, calls))


def solution(exercise: Any, *, calls: Calls = IN_NOTEBOOK) -> None:
    """Show the course's own answer to an exercise, with an explanation.

    It opens after a check that passed or after three attempts. Before that, one line says what is missing.

    Args:
        exercise: the function, or its name, such as `"freeze_all_but_fc"`.
        calls: how the next steps are written in the text: for a notebook or for a terminal.

    Raises:
        UnknownName: there is no such exercise; the message names the nearest ones.
    """
    _show(*open_solution(named(exercise), calls))


def named(exercise: Any) -> Exercise:
    """Return the exercise that a learner means by a function, a class or a name.

    Raises:
        UnknownName: there is none.
    """
    name = exercise if isinstance(exercise, str) else getattr(exercise, "__name__", None)
    if not isinstance(name, str):
        raise UnknownName(
            "name the exercise by its function, such as freeze_all_but_fc, or by the function's name in quotes; "
            f"got a value of type {type(exercise).__name__}."
        )
    return find_exercise(name)


def _show(text: str, code: str = "", more: str = "") -> None:
    """Show Markdown `text`, Python `code` and Markdown `more`: as such in a notebook, else as plain text."""
    plain = "\n\n".join(part for part in (to_plain(text), indent(code, "    "), to_plain(more)) if part)
    from headstart.questions import widgets_work

    if not widgets_work():
        print(plain)
        return
    from IPython.display import display

    rich = "\n\n".join(part for part in (text, code and f"```python\n{code}\n```", more) if part)
    display({"text/plain": plain, "text/markdown": rich}, raw=True)

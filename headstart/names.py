"""Errors that a learner can meet, each in one line. Used wherever a learner asks for something.

A name that does not exist comes with the nearest ones that do.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterable
from difflib import get_close_matches
from traceback import walk_tb
from types import TracebackType


class OneLine(BaseException):
    """An error that a notebook shows in one line: the message says it all, and the stack is not the learner's."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: Python's name for this kind of error, the message, the learner's own line."""
        kind = next(base for base in type(self).__mro__ if base.__module__ == "builtins")
        name = (type(self) if kind is Exception else kind).__name__
        return [f"{name}: {self}{_own_line(self.__traceback__)}"]


def _own_line(stack: TracebackType | None) -> str:
    """Return the last line of the learner's own code that was running, for the end of a message."""
    own = [(frame, line) for frame, line in walk_tb(stack) if frame.f_globals.get("__name__") == "__main__"]
    source = linecache.getline(own[-1][0].f_code.co_filename, own[-1][1]).strip() if own else ""
    return at_line(own[-1][1], source) if source else ""


def at_line(number: int | None, source: str) -> str:
    """Return where something went wrong, for the end of a message: " (line 3: `x = y`)", or what is known of it."""
    if number is None:
        return ""
    return f" (line {number}: `{source}`)" if source else f" (line {number})"


class Refusal(OneLine, ValueError):
    """What was asked for cannot be done; the message says what can."""


class WrongType(OneLine, TypeError):
    """Something of another kind was passed in than can be used."""


class Missing(OneLine, FileNotFoundError):
    """A file is not there that is needed."""


class Broken(OneLine, OSError):
    """A file is there and cannot be used."""


class Damaged(OneLine, RuntimeError):
    """A file is not what it was when the package was built."""


class NoSuchAttribute(OneLine, AttributeError):
    """The package has nothing of this name."""


class UnknownName(Refusal):
    """A question, exercise, lesson or other name that does not exist."""


def nearest(got: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` of the `known` names that look most like `got`, best first."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[match] for match in get_close_matches(got.lower(), by_lower, n=count, cutoff=0.4)]


def unknown_name(kind: str, got: str, known: Iterable[str]) -> UnknownName:
    """Build the error for an unknown `kind` ("question", "exercise", …) named `got`.

    The message offers the nearest known names, or lists a few where nothing is near.
    """
    names = sorted(known)
    close = nearest(got, names)
    if close:
        advice = "Did you mean " + " or ".join(repr(name) for name in close) + "?"
    elif names:
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        advice = f"There are: {', '.join(names[:8])}{more}."
    else:
        advice = f"There is no {kind} at all here."
    return UnknownName(f"unknown {kind} {got!r}. {advice}")

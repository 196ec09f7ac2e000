"""Errors that a learner can meet, each in one line. Used wherever a learner asks for something.

A name that does not exist comes with the nearest ones that do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class Refusal(ValueError):
    """What was asked for cannot be done; the message says what can."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows for this error: the message says it all, so one line without the stack."""
        return [f"{type(self).__name__}: {self}"]


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

"""Runs the visible examples of an exercise. Called by the exercises notebooks as `headstart.check(...)`.

An example is a function without arguments whose docstring says in one line what should hold:

    def the_head_stays_trainable():
        "fc.weight still requires gradients"
        model = freeze_all_but_fc(get_model("glyphnet"))
        assert model.fc.weight.requires_grad, "fc.weight is frozen too"

    headstart.check("freeze_all_but_fc", the_head_stays_trainable)
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any

from headstart.names import nearest

_LONGEST = 300


def check(name: str, *examples: Callable[[], Any]) -> None:
    """Run `examples` for the function `name` and print one line for each: ok, wrong, or error.

    A missing or unwritten function gives one line in all. There is never a traceback; the line of your own
    code is named instead. Under `nbgrader validate` lines that are not ok go to stderr, which is how a cell
    is reported; under `nbgrader autograde` nothing runs, since the hidden checks follow.

    Args:
        name: the function that the exercise asks for, looked up in the notebook.
        examples: functions without arguments that call it and assert what should come out.
    """
    execution = os.environ.get("NBGRADER_EXECUTION")
    if execution == "autograde":
        return
    namespace = sys._getframe(1).f_globals
    problem = _missing(name, namespace)
    if problem is not None:
        lines = [("error", problem)]
    else:
        lines = []
        for example in examples:
            label, text = _run(name, example, namespace)
            lines.append((label, text))
            if label in ("not attempted", "stopped"):
                break
    if lines and lines[-1][0] == "not attempted":
        lines = lines[-1:]
    for label, text in lines:
        stream = sys.stderr if execution == "validate" and label != "ok" else sys.stdout
        print(f"{label:<5} {text}" if label != "not attempted" else f"{label}: {text}", file=stream)


def _missing(name: str, namespace: Mapping[str, Any]) -> str | None:
    """Say what is wrong with the name itself, or return None."""
    if name in namespace:
        if callable(namespace[name]):
            return None
        kind = type(namespace[name]).__name__
        return f"`{name}` is of type {kind}, not a function: run the cell that defines it again"
    own = [
        key
        for key, value in namespace.items()
        if isinstance(value, (types.FunctionType, type)) and not key.startswith("_")
    ]
    close = nearest(name, own, count=1)
    similar = f" (there is `{close[0]}`)" if close else ""
    return f"there is no function `{name}`{similar}: run the cell that defines it, and look for errors there"


def _run(name: str, example: Callable[[], Any], namespace: Mapping[str, Any]) -> tuple[str, str]:
    """Run one example; return the label of its line and the text."""
    title = _title(example)
    try:
        example()
    except KeyboardInterrupt:
        return "stopped", f"{title}: interrupted"
    except BaseException as error:
        return _explain(name, title, example, error, namespace)
    return "ok", title


def _title(example: Callable[[], Any]) -> str:
    lines = (example.__doc__ or "").strip().splitlines()
    return lines[0] if lines else getattr(example, "__name__", "example").replace("_", " ")


def _explain(
    name: str, title: str, example: Callable[[], Any], error: BaseException, namespace: Mapping[str, Any]
) -> tuple[str, str]:
    frames = list(traceback.walk_tb(error.__traceback__))
    code = getattr(example, "__code__", None)
    in_example = [place for place in frames if place[0].f_code is code]
    after = frames[frames.index(in_example[-1]) + 1 :] if in_example else frames
    own = [place for place in after if place[0].f_globals is namespace]
    text = _text(error)
    if isinstance(error, AssertionError) and in_example and not after:
        return "wrong", f"{title}: {text or '`' + _line(in_example[-1]) + '` does not hold'}"
    if isinstance(error, NotImplementedError) and own and after[-1] == own[-1]:
        return "not attempted", f"`{name}` raises NotImplementedError: write it in the cell above"
    kind = type(error).__name__
    said = f"{kind}: {text}" if text else kind
    if isinstance(error, SystemExit):
        said = "SystemExit: a function returns its result and does not call exit()"
    if own:
        return "error", f"{title}: your code raised {said} (line {own[-1][1]}: `{_line(own[-1])}`)"
    where = f" at `{_line(in_example[-1])}`" if in_example else ""
    return "error", f"{title}: the example cannot use what `{name}` gave back: {said}{where}"


def _line(place: tuple[types.FrameType, int]) -> str:
    frame, number = place
    return linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()


def _text(error: BaseException) -> str:
    """Return the message of an exception in one line of limited length."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        return ""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

"""The student's side of one notebook: runs its cells in a room and answers requests. Imported by the zygote.

`autograder.grading.session` is the other end. One frame asks, one frame answers:

    {"op": "open", "files": [[name, size], …], "student"}, body: contents  ->  {}
    {"op": "cell", "number", "seconds"}, body: source                   ->  {"outputs": […]}
    {"op": "look", "name"}                              ->  {"there": bool}, body: packed value if it is small data
    {"op": "file", "name"}                              ->  {"there": bool}, body: content
    {"op": "request", "seconds"}, body: packed request  ->  {}, body: packed reply (see `autograder.student`)

Whatever this side says is the student's own word: nothing here has to be trusted, and nothing here knows a check.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import os
import sys
import types
from typing import Any

from autograder.sandbox.frames import Channel
from autograder.sandbox.serving import answer_all
from autograder.wire import Limits, pack, safe_repr
from autograder.workspace import Workspace, safe_text, time_limit
from headstart.answer_files import without_magics

OUTPUT_KEPT = 20_000
FILE_KEPT = 1 << 20
ANSWER_LIMITS = Limits(bytes=65_536, items=200, depth=3, text=2_000, repr=200, digits=64)


def serve(channel: Channel) -> None:
    """Serve one notebook until the grader closes its end."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    namespace = main.__dict__
    namespace["display"] = _display
    space = Workspace(None, namespace=namespace)
    answer_all(channel, lambda header, body: _answer(header, body, namespace, space))


def _answer(
    header: dict[str, Any], body: bytes, namespace: dict[str, Any], space: Workspace
) -> tuple[dict[str, Any], bytes]:
    operation = header["op"]
    if operation == "request":
        return {}, space.request(body, header["seconds"])
    if operation == "cell":
        return {"outputs": run_cell(body.decode(), header["number"], namespace, header["seconds"])}, b""
    if operation == "look":
        return _look(namespace, header["name"])
    if operation == "file":
        return _file(header["name"])
    _open(header["files"], body, header["student"])
    return {}, b""


def _open(files: list[tuple[str, int]], contents: bytes, student: str) -> None:
    # The student's id stands where a JupyterHub would put it: after the one that the student typed.
    os.environ.update(NBGRADER_EXECUTION="autograde", JUPYTERHUB_USER=student, MPLBACKEND="agg")
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        matplotlib.use("agg")
    place = 0
    for name, size in files:
        with open(name, "wb") as file:
            file.write(contents[place : place + size])
        place += size


def _look(namespace: dict[str, Any], name: str) -> tuple[dict[str, Any], bytes]:
    if name not in namespace:
        return {"there": False}, b""
    value = namespace[name]
    if isinstance(value, set | frozenset):
        value = list(value)
    try:
        return {"there": True}, pack(value, ANSWER_LIMITS)
    except Exception:
        return {"there": True}, pack(safe_repr(type(value).__name__, 100))


def _file(name: str) -> tuple[dict[str, Any], bytes]:
    try:
        with open(name, "rb") as file:
            return {"there": True}, file.read(FILE_KEPT + 1)
    except OSError:
        return {"there": False}, b""


# ---------------------------------------------------------------------------------------------- cells


class _Stream(io.TextIOBase):
    """A text stream that adds what is written to the cell's outputs, up to a limit for the whole cell."""

    def __init__(self, name: str, outputs: list[dict[str, Any]], left: list[int]) -> None:
        self.stream_name, self.outputs, self.left = name, outputs, left

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: self.left[0]]
        if kept:
            self.left[0] -= len(kept)
            last = self.outputs[-1] if self.outputs else {}
            if last.get("name") == self.stream_name:
                last["text"] += kept
            else:
                self.outputs.append({"name": self.stream_name, "text": kept})
        return len(text)


def run_cell(source: str, number: int, namespace: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    """Run one cell and return what it showed.

    Returns:
        {"name": "stdout" | "stderr", "text"}, {"value": text} and {"error": kind, "text", "trace": [lines]} in order.
    """
    outputs: list[dict[str, Any]] = []
    left = [OUTPUT_KEPT]
    out, err = _Stream("stdout", outputs, left), _Stream("stderr", outputs, left)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            with time_limit(seconds, namespace):
                _execute(without_magics(source), f"<cell {number}>", namespace, outputs)
        except BaseException as error:
            outputs.append(_described(error, seconds, namespace))
    return outputs


def _execute(source: str, filename: str, namespace: dict[str, Any], outputs: list[dict[str, Any]]) -> None:
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    tree = ast.parse(source, filename)
    shown = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        shown = ast.Expression(tree.body.pop().value)
    exec(compile(tree, filename, "exec", dont_inherit=True), namespace)
    if shown is not None:
        value = eval(compile(shown, filename, "eval", dont_inherit=True), namespace)
        if value is not None:
            outputs.append({"value": safe_repr(value, 2_000)})


def _described(error: BaseException, seconds: float, namespace: dict[str, Any]) -> dict[str, Any]:
    """Return an exception as data: its kind, its text, and the lines of the student's code that led to it."""
    kind = type(error).__name__
    if kind == "_TimeUp":
        text = f"this cell did not finish within {seconds:g} seconds: does a loop never end?"
        return {"error": "Timeout", "text": text, "trace": []}
    trace = []
    step = error.__traceback__
    while step is not None and len(trace) < 20:
        if step.tb_frame.f_globals is namespace:
            filename, lineno = step.tb_frame.f_code.co_filename, step.tb_lineno
            trace.append(f"line {lineno}: {linecache.getline(filename, lineno).strip()[:200]}")
        step = step.tb_next
    if isinstance(error, SyntaxError):
        trace.append(f"line {error.lineno}: {(error.text or '').strip()[:200]}")
        return {"error": kind, "text": str(error.msg)[:400], "trace": trace}
    return {"error": kind, "text": safe_text(error), "trace": trace}


def _display(*values: Any, **options: Any) -> None:
    """Stand in for IPython's `display`, which needs a front end."""
    for value in values:
        print(safe_repr(value, 2_000))

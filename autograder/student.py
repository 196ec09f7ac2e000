"""The handle `student` that checks hold: the trusted half of the way to the student's code.

A check calls the student's functions through `Student` and sees plain data only. Each call is one packed
request and one packed reply (`autograder.wire`), carried by a `Transport`. `autograder.workspace` answers
requests in the same process; another transport may carry the same bytes to another one. A request is

    {"op": "load" | "call" | "new" | "keep" | "method" | "get", "name": str, "args": [...], "kwargs": {...}}

with `"handle": int` beside it for `method` and `get`; a reply is one of

    {"value": …, "args": [...], "kwargs": {...}, "returned_argument": int | str | None, "output": str,
     "grad_enabled": bool}
    {"problem": {"what": "raised" | "load" | "missing" | "not_attempted" | "timeout", …}}

Replies come from the student's side and are believed in nothing but form.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Protocol

from autograder.wire import Packed, Reference, WireError, cannot_be_built, decode, pack, same, split
from headstart.names import at_line

DEFAULT_SECONDS = 20.0
# Loading the code may take so many times as long as a call: imports are slow on a cold machine.
LOADING = 3.0
TEXT_KEPT = 400
LINE_KEPT = 120


# ------------------------------------------------------------------------------ what can go wrong, for checks


class StudentProblem(Exception):
    """The student's code could not give a value; `str()` is a sentence for the student."""

    @property
    def message(self) -> str:
        """The sentence that the student reads."""
        return str(self)


class StudentError(StudentProblem):
    """The student's code raised: exception `kind` with `text`, at line `lineno` which reads `line`.

    `kinds` are the names of the exception's class and of its base classes.
    """

    def __init__(
        self, kind: str, text: str, lineno: int | None = None, line: str = "", kinds: tuple[str, ...] = ()
    ) -> None:
        self.kind, self.text, self.lineno, self.line = kind, text, lineno, line
        self.kinds = kinds or (kind,)
        if kind == "SystemExit":
            said = "called exit(): a function returns its result instead"
        elif kind == "KeyboardInterrupt":
            said = "raised KeyboardInterrupt: a function returns its result instead"
        elif kind == "TooLarge":
            said = f"returned something too large to look at: {text}"
        else:
            said = f"raised {kind}" + (f": {text}" if text else "")
        super().__init__(f"your code {said}{at_line(lineno, line)}")


class CodeError(StudentError):
    """The student's code could not be loaded at all, for instance for a syntax error."""


class NotAttempted(StudentProblem):
    """The function still is the untouched stub, or it raised NotImplementedError itself."""


class StudentKilled(StudentProblem):
    """The student's side is gone: a transport raises this when it was ended for using too much, say."""


class BadReply(StudentProblem):
    """The student's side sent something that is no reply: its code did more than answer."""


class MissingFunction(StudentProblem):
    """The code defines no function of that name; `nearest` is the most similar name that it does define."""

    def __init__(self, name: str, nearest: str | None = None, note: str = "") -> None:
        self.name, self.nearest = name, nearest
        text = f"there is no function `{name}`"
        if nearest is not None:
            text += f"; your code defines `{nearest}`"
        super().__init__(text + note)


class StudentTimeout(StudentProblem):
    """A call did not come back within its time limit."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"your code did not finish within {seconds:g} seconds: does a loop never end?")


# ---------------------------------------------------------------------------------------------- the handle


@dataclass(frozen=True)
class Call:
    """What the last call did.

    Attributes:
        args: the positional arguments as they are after the call (models as `ModelState`).
        changed: names of the arguments whose content the call changed.
        returned_argument: position (or keyword) of the argument that was returned itself, or None.
        output: what the call printed, its first ten thousand characters.
        grad_enabled: whether PyTorch still recorded gradients after the call, as it does before each; True unless
            the student's side says False.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    changed: list[str]
    returned_argument: int | str | None
    output: str
    grad_enabled: bool


class Transport(Protocol):
    """Carries one packed request to the student's side and brings the packed reply."""

    def request(self, block: bytes, seconds: float) -> bytes:
        """Return the reply to `block`; the student's side gets `seconds` for it.

        Raises:
            StudentKilled: the student's side was ended; later requests may raise it again.
            StudentTimeout: no reply came in time.
        """


class Remote:
    """An object that stays on the student's side: an instance of their class, or a function they returned."""

    def __init__(self, student: Student, handle: int) -> None:
        self._student, self._handle = student, handle

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call `method` of the object; like `Student.call`. `"__call__"` calls the object itself."""
        return self._student._ask({"op": "method", "handle": self._handle, "name": method}, args, kwargs)

    def get(self, attribute: str) -> Any:
        """Return the value of an attribute of the object."""
        return self._student._ask({"op": "get", "handle": self._handle, "name": attribute}, (), {})


class Student:
    """What a check holds of a submission: call its functions with plain data and get plain data back.

    Args:
        transport: brings requests to the student's side.
        seconds: time limit of each call; loading gets three times as much.
        parameters: argument names by function name, for messages.
    """

    def __init__(
        self,
        transport: Transport,
        seconds: float = DEFAULT_SECONDS,
        parameters: dict[str, list[str]] | None = None,
    ) -> None:
        self.transport = transport
        self.seconds = seconds
        self.parameters = parameters or {}
        self.last: Call | None = None

    def load(self, name: str) -> None:
        """Run the student's code and make sure that it defines `name`.

        Raises:
            CodeError: the code stops before it is loaded.
            MissingFunction: there is no such function or class.
            StudentTimeout: loading takes too long.
        """
        self._ask({"op": "load", "name": name}, (), {})

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function `name`; return its value as plain data.

        Arguments are copied on the way: what the function does to them shows in `last`, not in your objects.
        Random numbers on the student's side start from the same seed in every call.

        Raises:
            StudentError: the code raised an exception.
            NotAttempted: it raised NotImplementedError.
            StudentTimeout: it did not come back in time.
            MissingFunction: there is no such function.
        """
        return self._ask({"op": "call", "name": name}, args, kwargs)

    def new(self, name: str, *args: Any, **kwargs: Any) -> Remote:
        """Call the student's class or function `name` and keep what it returns on the student's side."""
        return self._remote(self._ask({"op": "new", "name": name}, args, kwargs))

    def keep(self, value: Any) -> Remote:
        """Put `value` on the student's side and leave it there: one call sees what the calls before did to it.

        A model that is passed as this `Remote` is the same object in every call. `model.call("load_state_dict",
        state)` changes it in place, as an optimizer would, and `model.call("state_dict")` reads it.
        """
        return self._remote(self._ask({"op": "keep", "name": "keep"}, (value,), {}))

    def _remote(self, handle: Any) -> Remote:
        if not isinstance(handle, int):
            raise BadReply(f"your code's side gave {handle!r} where it should name an object")
        return Remote(self, handle)

    def call_remote(self, remote: Remote, *args: Any, **kwargs: Any) -> Any:
        """Call an object that `new` returned, as in `student.call_remote(predict, images)`."""
        return remote.call("__call__", *args, **kwargs)

    def _ask(self, request: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.last = None
        sent_args = [_by_reference(value) for value in args]
        sent_kwargs = {key: _by_reference(value) for key, value in kwargs.items()}
        block = pack({**request, "args": sent_args, "kwargs": sent_kwargs})
        before = split(block)
        odd = cannot_be_built(before.tree)
        if odd is not None:
            raise WireError(f"a check passes to `{request['name']}` what no student can receive: {odd}")
        try:
            seconds = self.seconds * (LOADING if request["op"] == "load" else 1.0)
            after = split(self.transport.request(block, seconds))
            values = decode(after)
        except WireError as error:
            raise BadReply(f"your code's side sent no proper reply: {error}") from None
        if not isinstance(values, dict):
            raise BadReply("your code's side sent no proper reply")
        if "problem" in values:
            raise _problem(values["problem"])
        self.last, value = self._read(values, _arguments(before), _arguments(after), request["name"])
        return value

    def _read(
        self, values: dict[str, Any], before: list[_Argument], after: list[_Argument], name: str
    ) -> tuple[Call, Any]:
        """Take a reply apart: what the call did, and its value."""
        if [argument.key for argument in before] != [argument.key for argument in after]:
            raise BadReply("your code's side sent other arguments back than it received")
        names = self.parameters.get(name, [])
        changed = [
            old.called(names)
            for old, new in zip(before, after, strict=True)
            if not same(old.node, old.buffers, new.node, new.buffers)
        ]
        args, kwargs = tuple(values["args"]), values["kwargs"]
        returned, value = values.get("returned_argument"), values.get("value")
        if isinstance(returned, int) and 0 <= returned < len(args):
            value = args[returned]
        elif isinstance(returned, str) and returned in kwargs:
            value = kwargs[returned]
        else:
            returned = None
        output = values.get("output")
        output = output if isinstance(output, str) else ""
        grad_enabled = values.get("grad_enabled") is not False
        return Call(args, kwargs, changed, returned, output, grad_enabled), value


@dataclass(frozen=True)
class _Argument:
    """One argument of a packed request or reply: its position or keyword, and its encoded content."""

    key: int | str
    node: Any
    buffers: list[memoryview]

    def called(self, names: list[str]) -> str:
        """Return what a message calls it: its keyword, its name in `names`, or its position."""
        if isinstance(self.key, str):
            return self.key
        return names[self.key] if self.key < len(names) else f"argument {self.key + 1}"


def _arguments(packed: Packed) -> list[_Argument]:
    """Return the arguments in a packed request or reply.

    Raises:
        BadReply: they are not there.
    """
    try:
        parts = {key: node for key, node in packed.tree["v"] if isinstance(key, str)}
        if (parts["args"]["t"], parts["kwargs"]["t"]) != ("list", "dict"):
            raise BadReply("your code's side sent no proper reply")
        pairs = [*enumerate(parts["args"]["v"]), *parts["kwargs"]["v"]]
        return [_Argument(key, node, packed.buffers) for key, node in pairs]
    except (KeyError, TypeError, ValueError):
        raise BadReply("your code's side sent no proper reply") from None


def _by_reference(value: Any) -> Any:
    return Reference(value._handle) if isinstance(value, Remote) else value


def _problem(problem: Any) -> StudentProblem:
    """Turn the problem that the student's side reports into the exception that checks see."""
    if not isinstance(problem, dict):
        return BadReply("your code's side reports a problem without saying which")
    text = str(problem.get("text", ""))[:TEXT_KEPT]
    lineno = problem.get("lineno")
    lineno = lineno if isinstance(lineno, int) else None
    line = str(problem.get("line", ""))[:LINE_KEPT]
    what = problem.get("what")
    if what == "timeout":
        seconds = problem.get("seconds")
        return StudentTimeout(float(seconds) if isinstance(seconds, (int, float)) else 0.0)
    if what == "not_attempted":
        where = at_line(lineno or None, "")
        return NotAttempted(f"not attempted: your code raises NotImplementedError{where}")
    if what == "missing":
        close = problem.get("nearest")
        return MissingFunction(str(problem.get("name", "")), close if isinstance(close, str) else None, text)
    kind = str(problem.get("kind", "Exception"))[:80]
    bases = problem.get("kinds")
    kinds = tuple(str(base) for base in bases) if isinstance(bases, list) else (kind,)
    return (CodeError if what == "load" else StudentError)(kind, text, lineno, line, kinds)


def parameters_of(source: str) -> dict[str, list[str]]:
    """Return the argument names of every function that `source` defines, `self` left out."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
            found[node.name] = [name for name in names if name != "self"]
    return found

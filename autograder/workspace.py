"""The student's side: holds the student's code, runs it quietly and within a time limit, answers requests.

`autograder.student` describes requests and replies. None of the student's exceptions leaves a `Workspace`,
nothing that the code prints reaches the screen, and settings and random numbers are put back after each call.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import random
import signal
import sys
import tempfile
import threading
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from autograder.student import LINE_KEPT, TEXT_KEPT
from autograder.wire import Reference, WireError, decode, pack, safe_repr, split
from headstart.names import nearest

_OUTPUT_KEPT = 10_000
_DESCRIBING = 2.0


class _TimeUp(BaseException):
    """Raised by the alarm; no `except Exception` of the student's code catches it."""


@contextlib.contextmanager
def time_limit(seconds: float, namespace: dict[str, Any] | None = None) -> Iterator[None]:
    """Raise `_TimeUp` in this block after `seconds`, where the platform and thread allow an alarm.

    A bare `except:` inside a loop swallows the first alarm. So the alarm repeats, and from the second one on
    every further line of the running functions that belong to `namespace` raises too: no loop survives that.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    rung: list[int] = []
    traced: list[types.FrameType] = []
    tracing = sys.gettrace()
    outside = {id(frame) for frame in _frames(sys._getframe())}

    def stop(frame: types.FrameType, event: str, value: Any) -> None:
        raise _TimeUp

    def ring(signum: int, frame: types.FrameType | None) -> None:
        rung.append(signum)
        if len(rung) > 1:
            sys.settrace(lambda *event: None)
            for running in _frames(frame):
                if running.f_globals is namespace and id(running) not in outside:
                    running.f_trace = stop
                    traced.append(running)
        raise _TimeUp

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if len(rung) > 1:
            sys.settrace(tracing)
        for stopped in traced:
            stopped.f_trace = None


def _frames(frame: types.FrameType | None) -> Iterator[types.FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


class _Capped(io.TextIOBase):
    """A text stream that keeps the first characters written to it and forgets the rest."""

    def __init__(self, limit: int = _OUTPUT_KEPT) -> None:
        self.limit, self.parts, self.size = limit, [], 0

    @property
    def encoding(self) -> str:
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.size < self.limit:
            self.parts.append(text[: self.limit - self.size])
            self.size += len(self.parts[-1])
        return len(text)

    def getvalue(self) -> str:
        return "".join(self.parts)


@contextlib.contextmanager
def quiet() -> Iterator[_Capped]:
    """Let nothing that runs inside reach the screen; yield what it wrote to `sys.stdout`.

    Also silences the file descriptors (subprocesses, C code), warnings, and whoever kept the old stream
    objects: in a notebook, one line on stderr costs the cell its points.
    """
    out, err = _Capped(), _Capped(0)
    with contextlib.ExitStack() as stack:
        if "IPython" in sys.modules:
            from IPython.utils.capture import capture_output

            # Figures and tables that the code displays do not go through the streams.
            stack.enter_context(capture_output(stdout=False, stderr=False))
        for stream in (sys.stdout, sys.stderr):
            stack.enter_context(_muted(stream))
        for number in (1, 2):
            stack.enter_context(_descriptor_silenced(number))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield out


@contextlib.contextmanager
def _muted(stream: Any) -> Iterator[None]:
    """Make `stream.write` do nothing, where the stream is a Python object that lets it be replaced."""
    with contextlib.suppress(Exception):
        stream.flush()
    try:
        stream.write = len
    except (AttributeError, TypeError):
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(AttributeError):
            del stream.write


@contextlib.contextmanager
def _descriptor_silenced(number: int) -> Iterator[None]:
    try:
        saved = os.dup(number)
    except OSError:
        yield
        return
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, number)
        os.close(sink)
        yield
    finally:
        with contextlib.suppress(Exception):
            (sys.__stdout__ if number == 1 else sys.__stderr__).flush()
        os.dup2(saved, number)
        os.close(saved)


@contextlib.contextmanager
def settings_kept(seed: int | None = None) -> Iterator[None]:
    """Give the block PyTorch's usual settings and random numbers from `seed`; put all back afterwards."""
    generators = torch.random.get_rng_state(), np.random.get_state(), random.getstate()
    dtype, grad, threads = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()
    deterministic, device = torch.are_deterministic_algorithms_enabled(), torch.get_default_device()
    try:
        _set_default_device(torch.device("cpu"))
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        # One thread gives the same last digits everywhere, and is the fastest for models this small.
        torch.set_num_threads(1)
        if seed is not None:
            # `torch.manual_seed` seeds every kind of device, for which it takes the whole stack down in writing.
            torch.default_generator.manual_seed(seed)
            if torch.cuda.is_initialized():
                torch.cuda.manual_seed_all(seed)
            np.random.seed(seed % 2**32)
            random.seed(seed)
        yield
    finally:
        torch.random.set_rng_state(generators[0])
        np.random.set_state(generators[1])
        random.setstate(generators[2])
        _set_default_device(device)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        torch.use_deterministic_algorithms(deterministic)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def _set_default_device(device: torch.device) -> None:
    # Setting a default device slows every call down a little, even where it is the CPU.
    if torch.get_default_device() != device:
        torch.set_default_device(None if device.type == "cpu" else device)


@contextlib.contextmanager
def scratch_folder() -> Iterator[None]:
    """Run the block in an empty folder that goes away afterwards."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="autograder-", ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


@dataclass
class Workspace:
    """The student's code and what it has made, ready to answer requests.

    Args:
        source: the code to run at `load`, or None if `namespace` holds everything already (a notebook).
        prelude: statements that run before it (imports of earlier cells); their failures are ignored.
        namespace: where the code runs.
        label: the file name that tracebacks show.
    """

    source: str | None
    prelude: list[str] = field(default_factory=list)
    namespace: dict[str, Any] = field(default_factory=dict)
    label: str = "answer.py"
    _objects: list[Any] = field(default_factory=list)
    _files: set[str] = field(default_factory=set)
    _ran: bool = False

    def request(self, block: bytes, seconds: float) -> bytes:
        """Answer one packed request (`Transport`)."""
        return self._guarded(decode(split(block), live=True), seconds)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        operation, name = request["op"], request["name"]
        args = [self._resolved(value) for value in request["args"]]
        kwargs = {key: self._resolved(value) for key, value in request["kwargs"].items()}
        if operation == "load":
            self._load()
            self._function(name)
            return _reply(None, [], {})
        if operation == "keep":
            self._objects.append(args[0])
            return _reply(len(self._objects) - 1, args, kwargs)
        if operation == "get":
            return _reply(getattr(self._objects[request["handle"]], name), [], {})
        if operation == "method":
            target = self._objects[request["handle"]]
            function = target if name == "__call__" else getattr(target, name)
        else:
            function = self._function(name)
        value = function(*args, **kwargs)
        if operation == "new":
            self._objects.append(value)
            value = len(self._objects) - 1
        reply = _reply(value, args, kwargs)
        # An object that never left this side goes back as the reference that it came as.
        for after, before in ((args, enumerate(request["args"])), (kwargs, request["kwargs"].items())):
            for key, sent in before:
                if isinstance(sent, Reference):
                    after[key] = sent
        return reply

    def _resolved(self, value: Any) -> Any:
        return self._objects[value.handle] if isinstance(value, Reference) else value

    def _load(self) -> None:
        if self.source is None or self._ran:
            return
        self._ran = True
        self.namespace.setdefault("__name__", "__main__")
        for number, statement in enumerate(self.prelude):
            with contextlib.suppress(Exception):
                self._execute(statement, f"<earlier cell {number}>")
        self._execute(self.source, f"<{self.label}>")

    def _execute(self, source: str, filename: str) -> None:
        self._files.add(filename)
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec", dont_inherit=True), self.namespace)

    def _function(self, name: str) -> Callable[..., Any]:
        if name not in self.namespace:
            own = [
                key
                for key, value in self.namespace.items()
                if isinstance(value, (types.FunctionType, type)) and not key.startswith("_")
            ]
            close = nearest(name, own, count=1)
            raise _Missing(name, close[0] if close else None, "")
        function = self.namespace[name]
        if not callable(function):
            raise _Missing(name, None, f": `{name}` is {safe_repr(function, 40)}, not a function")
        return function

    def _guarded(self, request: dict[str, Any], seconds: float) -> bytes:
        """Answer `request` quietly and limited; whatever is raised becomes a reply that names the problem."""
        interrupted = []

        def on_interrupt(signum: int, frame: types.FrameType | None) -> None:
            interrupted.append(signum)
            raise KeyboardInterrupt

        with settings_kept(seed=0), quiet() as out, _signal_handled(signal.SIGINT, on_interrupt):
            try:
                with time_limit(seconds, self.namespace):
                    reply = self._answer(request)
                    # Noted here, because `settings_kept` puts the setting back and so hides what the code did.
                    grad_enabled = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
                    return pack({**reply, "output": out.getvalue(), "grad_enabled": grad_enabled})
            except _TimeUp:
                problem = {"what": "timeout", "seconds": float(seconds)}
            except WireError as error:
                problem = {"what": "raised", "kind": "TooLarge", "text": str(error)}
            except _Missing as missing:
                name, close, note = missing.args
                problem = {"what": "missing", "name": name, "nearest": close, "text": note}
            except BaseException as error:
                if interrupted:
                    raise
                problem = self._described(error, loading=request["op"] == "load")
        return pack({"problem": problem})

    def _described(self, error: BaseException, loading: bool) -> dict[str, Any]:
        # What the code raises may be its own class, whose methods can loop or raise in turn.
        try:
            with time_limit(_DESCRIBING, self.namespace):
                return self._describe(error, loading)
        except BaseException:
            return {"what": "load" if loading else "raised", "kind": type(error).__name__}

    def _describe(self, error: BaseException, loading: bool) -> dict[str, Any]:
        kind = type(error).__name__
        frames = list(traceback.walk_tb(error.__traceback__))
        own = [(frame, number) for frame, number in frames if frame.f_globals is self.namespace]
        lineno, line = None, ""
        if own:
            frame, lineno = own[-1]
            line = linecache.getline(frame.f_code.co_filename, lineno, frame.f_globals).strip()
        text = safe_text(error)
        if isinstance(error, SyntaxError) and error.filename in self._files:
            lineno, line, text = error.lineno, (error.text or "").strip(), error.msg or ""
        # PyTorch raises NotImplementedError too; only the student's own `raise` means "not written yet".
        if isinstance(error, NotImplementedError) and own and frames[-1] == own[-1] and not loading:
            return {"what": "not_attempted", "lineno": lineno}
        return {
            "what": "load" if loading else "raised",
            "kind": kind,
            "kinds": [base.__name__ for base in type(error).__mro__],
            "text": text,
            "lineno": lineno,
            "line": line[:LINE_KEPT],
        }


class _Missing(Exception):
    pass


def _reply(value: Any, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    for key, argument in [*enumerate(args), *kwargs.items()]:
        if value is argument and not isinstance(value, (type(None), bool, int, float, str)):
            return {"value": None, "args": args, "kwargs": kwargs, "returned_argument": key}
    return {"value": value, "args": args, "kwargs": kwargs, "returned_argument": None}


def safe_text(error: BaseException) -> str:
    """Return the first part of an exception's message, in one line, even if its `__str__` fails."""
    try:
        text = str(error)
    except Exception:
        text = ""
    text = " ".join(text.split())
    return text if len(text) <= TEXT_KEPT else text[: TEXT_KEPT - 1] + "…"


@contextlib.contextmanager
def _signal_handled(number: int, handler: Callable[[int, types.FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, previous)

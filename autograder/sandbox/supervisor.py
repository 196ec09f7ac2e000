"""The grader's side: starts the zygote, asks it for rooms, learns how they end. The package's public classes."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from autograder.sandbox import launch
from autograder.sandbox.frames import Channel, FrameError
from autograder.sandbox.launch import SandboxUnavailable
from autograder.sandbox.policy import MIB, Policy

DEFAULT_ENTRY = "autograder.sandbox.serving:workspace"
_PACKET = 65_536
_FOLDER = "headstart-sandbox-"
_START_SECONDS = 120.0
_OPEN_SECONDS = 30.0
_END_SECONDS = 10.0
_LAST_WORDS = 2000

# How a room can end, in words for a student.
_MEANINGS = {
    "time": "it did not finish in time: does a loop never end?",
    "memory": "it needed more memory than allowed: is a list or tensor growing without end?",
    "output": "it printed or sent more than allowed: is there a print in a loop?",
    "ended": "the process ended before it was done: does the code call exit?",
    "asked": "it was ended by the grader.",
    "grader gone": "the grader that started it has ended.",
    "no room": "no room could be made for it.",
    "protocol": "it sent something that is no proper answer.",
}


@dataclass(frozen=True)
class Ending:
    """How a room ended.

    Attributes:
        reason: time | memory | output | ended | asked | grader gone | no room | protocol.
        status: exit status of its first process (negative: the signal that ended it), or None.
        detail: the first kilobytes of what it wrote to stderr; for the instructor, not to be trusted.
        peak_mb: most memory seen, in MiB, beyond what it shares with the zygote.
    """

    reason: str
    status: int | None
    detail: str
    peak_mb: int

    @property
    def message(self) -> str:
        """One line for a student."""
        return _MEANINGS.get(self.reason, self.reason)


class RoomEnded(RuntimeError):
    """The room ended, or was ended, before the answer came; `ending` says how."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending
        super().__init__(ending.message)


class Tenancy:
    """One room in use: a kernel's or a worker's. Made by `Sandbox`."""

    def __init__(self, sandbox: Sandbox, name: str, errors: int) -> None:
        self._sandbox, self._name, self._errors = sandbox, name, errors
        self._opened, self._closed, self._measured = threading.Event(), threading.Event(), threading.Event()
        self._ending: Ending | None = None
        self._usage: dict[str, float] = {}
        self.pid = 0

    @property
    def ending(self) -> Ending | None:
        """How the room ended, or None while it is in use."""
        return self._ending

    def signal(self, number: int) -> None:
        """Send a signal to the room's first process, for instance SIGINT to interrupt a cell."""
        self._sandbox._ask({"op": "signal", "room": self._name, "number": int(number)})

    def kill(self, reason: str = "asked") -> None:
        """End the room and everything in it; returns at once, `wait` waits."""
        if not self._closed.is_set():
            self._sandbox._ask({"op": "kill", "room": self._name, "reason": reason})

    def wait(self, seconds: float | None = None) -> Ending | None:
        """Wait until every process of the room is gone; return how it ended, or None after `seconds`."""
        self._closed.wait(seconds)
        return self._ending

    def usage(self) -> dict[str, float]:
        """Return `private_mb` and `proportional_mb`, the memory of the room now in MiB; empty if it ended."""
        self._measured.clear()
        self._sandbox._ask({"op": "usage", "room": self._name})
        self._measured.wait(_END_SECONDS)
        return self._usage

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "opened":
            self.pid = event["pid"]
            self._opened.set()
        elif event["event"] == "usage":
            self._usage = {key: event[key] for key in ("private_mb", "proportional_mb")}
            self._measured.set()
        else:
            self._end(event["reason"], event["status"], event["peak_mb"], event.get("detail"))

    def _end(self, reason: str, status: int | None, peak_mb: int, detail: str | None = None) -> None:
        if self._ending is not None:
            return
        said = os.pread(self._errors, _PACKET, 0).decode(errors="replace")
        os.close(self._errors)
        self._ending = Ending(reason, status, detail or said, peak_mb)
        for event in (self._closed, self._opened, self._measured):
            event.set()


class Worker:
    """A confined Python process that answers requests. Made by `Sandbox.worker`."""

    def __init__(self, tenancy: Tenancy, channel: Channel, policy: Policy) -> None:
        self.tenancy, self._channel, self._policy = tenancy, channel, policy

    def request(
        self, header: dict[str, Any], body: bytes = b"", seconds: float | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Send a frame and return the frame that answers it.

        Args:
            header: plain data (JSON).
            body: raw bytes.
            seconds: time limit; the policy's `call_seconds` if None. After it the room is ended.

        Raises:
            RoomEnded: there is no answer, because of a limit, because the process is gone, or because what
                came is no frame. The room is dead and empty when this is raised.
            FrameError: the request itself is larger than `message_mb`; the room lives on.
        """
        deadline = time.monotonic() + (self._policy.call_seconds if seconds is None else seconds)
        try:
            self._channel.send(header, body, deadline)
        except TimeoutError:
            raise self._ended("time") from None
        except OSError:
            raise self._ended("ended") from None
        try:
            answer = self._channel.receive(deadline)
        except TimeoutError:
            raise self._ended("time") from None
        except FrameError as error:
            raise self._ended("output" if "output_mb" in str(error) else "protocol") from error
        if answer is None:
            raise self._ended("ended")
        return answer

    def _ended(self, reason: str) -> RoomEnded:
        if reason == "ended":  # the zygote knows why, and tells as soon as the room is empty
            self.tenancy.wait(1.0)
        self.tenancy.kill(reason)
        ending = self.tenancy.wait(_END_SECONDS)
        return RoomEnded(ending or Ending(reason, None, "the zygote does not answer.", 0))


class Sandbox:
    """A zygote and its rooms. Start one for a whole run: it takes seconds, a room takes milliseconds.

    Use it as a context manager, or call `close`. Thread-safe; after a fork of the grader it is usable in the
    parent alone (the child can connect for itself: `Sandbox(address=parent.address)`).

    Args:
        policy: limits of each room, where a call does not give its own.
        address: of a running zygote (`Sandbox.address`) to share, instead of starting one.
        preload: modules that the zygote imports; the default serves this course.

    Raises:
        SandboxUnavailable: this machine cannot confine students' code.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        address: str | None = None,
        preload: Sequence[str] = launch.PRELOADED,
    ) -> None:
        self.policy = policy or Policy()
        self._lock = threading.Lock()
        self._tenancies: dict[str, Tenancy] = {}
        self._names = itertools.count(1)
        self._folder: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: BinaryIO | None = None
        if address is None:
            self._start(preload)
        else:
            self.address = address
            self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self._connection.connect(address)
            except OSError as error:
                raise SandboxUnavailable(
                    f"no zygote answers at {address} ({error}).", "Start a sandbox and give its `address`."
                ) from error
            self._await_start()
        self._reader = threading.Thread(target=self._listen, name="sandbox", daemon=True)
        self._reader.start()
        _open_sandboxes.add(self)

    @property
    def alive(self) -> bool:
        """Tell whether the zygote still answers in this process."""
        return self._reader.is_alive()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextlib.contextmanager
    def worker(self, entry: str = DEFAULT_ENTRY, policy: Policy | None = None) -> Iterator[Worker]:
        """Open a room with a worker in it; at the end of the block the room is dead and empty.

        Args:
            entry: "module:function" of trusted code that serves; it gets a `frames.Channel`. The default
                serves `autograder.student`. The zygote must have the module imported (`preload`).
            policy: limits of this room.
        """
        policy = policy or self.policy
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        channel = Channel(ours, policy.message_mb * MIB, policy.output_mb * MIB)
        try:
            with theirs:
                tenancy = self.open("worker", {"entry": entry}, {"channel": theirs.fileno()}, policy)
            try:
                yield Worker(tenancy, channel, policy)
            finally:
                tenancy.kill()
                tenancy.wait(_END_SECONDS)
        finally:
            channel.close()

    def open(
        self, side: str, arguments: Mapping[str, Any], descriptors: Mapping[str, int], policy: Policy
    ) -> Tenancy:
        """Open a room for a "kernel" or a "worker"; the building block of `worker` and the provisioner.

        Raises:
            RoomEnded: no room could be made.
            SandboxUnavailable: the zygote is gone.
        """
        name = f"room {next(self._names)}"
        errors = os.memfd_create("errors")
        given = os.memfd_create("arguments")
        try:
            _write_all(given, json.dumps(dict(arguments)).encode())
            tenancy = Tenancy(self, name, errors)
            self._tenancies[name] = tenancy
            files = {**descriptors, "arguments": given, "errors": errors}
            request = {
                "op": "open",
                "room": name,
                "side": side,
                "policy": policy.to_dict(),
                "files": list(files),
            }
            self._ask(request, list(files.values()))
        finally:
            os.close(given)
        if not tenancy._opened.wait(_OPEN_SECONDS):
            tenancy._end("no room", None, 0, "the zygote does not answer.")
        if tenancy.ending is not None and not tenancy.pid:
            raise RoomEnded(tenancy.ending)
        return tenancy

    def new_folder(self) -> str:
        """Return a new private folder for sockets; it goes away with the sandbox."""
        if self._folder is None:
            self._folder = _private_folder()
        return tempfile.mkdtemp(dir=self._folder)

    def close(self) -> None:
        """End all rooms of this sandbox and, if it was started here, the zygote."""
        _open_sandboxes.discard(self)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join(_END_SECONDS)
        self._connection.close()
        if self._process is not None:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """End the zygote the hard way, with all rooms of everybody; `close` does so where it does not answer."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session of its own; rooms die with it
            self._process.wait()

    # ------------------------------------------------------------------------------- talking to the zygote

    def _start(self, preload: Sequence[str]) -> None:
        _sweep()
        self._folder = _private_folder()
        self.address = os.path.join(self._folder, "zygote")
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - read when the zygote has died; see `close`
        with theirs, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            listener.listen(64)
            try:
                self._process = launch.start_zygote(theirs, listener, self._errors.fileno(), preload)
                theirs.close()
                self._await_start()
            except BaseException:
                self._connection.close()
                if self._process is not None:
                    self.kill()
                shutil.rmtree(self._folder, ignore_errors=True)
                raise

    def _await_start(self) -> None:
        self._connection.settimeout(_START_SECONDS)
        try:
            packet = self._connection.recv(_PACKET)
        except TimeoutError:
            packet = b""
        self._connection.settimeout(None)
        event = json.loads(packet) if packet else {}
        if event.get("event") == "up":
            return
        raise launch.failed_start(event.get("detail") or self._last_words())

    def _last_words(self) -> str:
        """Return the end of what the zygote wrote to stderr, if it was started here."""
        if self._errors is None:
            return ""
        size = os.fstat(self._errors.fileno()).st_size
        said = os.pread(self._errors.fileno(), _LAST_WORDS, max(0, size - _LAST_WORDS))
        return said.decode(errors="replace").strip()

    def _ask(self, request: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        try:
            with self._lock:
                socket.send_fds(self._connection, [json.dumps(request).encode()], list(descriptors))
        except OSError as error:
            if request["op"] == "open":
                raise SandboxUnavailable(
                    f"the zygote is gone ({self._last_words() or error}).",
                    "Start a new sandbox; look for out-of-memory kills.",
                ) from error

    def _listen(self) -> None:
        """Hand the zygote's events to the tenancies they are about (in a thread of its own)."""
        while True:
            try:
                packet = self._connection.recv(_PACKET)
            except OSError:
                packet = b""
            if not packet:
                break
            event = json.loads(packet)
            tenancy = self._tenancies.get(event.get("room", ""))
            if tenancy is not None:
                tenancy._hear(event)
                if event["event"] == "closed":
                    del self._tenancies[event["room"]]
        for tenancy in list(self._tenancies.values()):
            tenancy._end("grader gone", None, 0, f"the zygote is gone. {self._last_words()}".strip())

    def _forget(self) -> None:
        """In a fork of the grader: let go, so that the zygote notices when the grader itself is gone."""
        self._connection.close()


_open_sandboxes: weakref.WeakSet[Sandbox] = weakref.WeakSet()
os.register_at_fork(after_in_child=lambda: [sandbox._forget() for sandbox in list(_open_sandboxes)])


def staged_files(folder: str | Path, policy: Policy) -> dict[str, str]:
    """Return name → base64 of the files of a submission that its kernel gets a copy of.

    Only regular files directly in `folder` whose names match the policy's `files`; symbolic links are never
    followed, and what is larger than `file_mb`, or all together larger than `scratch_mb`, stays behind.
    """
    left = policy.scratch_mb * MIB
    staged = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not any(Path(entry.name).match(pattern) for pattern in policy.files):
            continue
        if not entry.is_file(follow_symlinks=False):
            continue
        with open(os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            content = file.read(min(left, policy.file_mb * MIB) + 1)
        if len(content) <= min(left, policy.file_mb * MIB):
            left -= len(content)
            staged[entry.name] = base64.b64encode(content).decode()
    return staged


def _private_folder() -> str:
    """Make a folder that only this user can enter. Socket paths have at most 107 characters: keep it short."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    if len(base) > 40 or not os.access(base, os.W_OK):
        base = "/tmp"
    return tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=base)


def _sweep() -> None:
    """Remove the folders of graders of this user that were killed."""
    for base in {os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir(), "/tmp"}:
        for folder in Path(base).glob(f"{_FOLDER}*"):
            number = folder.name[len(_FOLDER) :].partition("-")[0]
            with contextlib.suppress(OSError, ValueError):
                if folder.stat().st_uid != os.geteuid():
                    continue
                try:
                    os.kill(int(number), 0)
                except ProcessLookupError:
                    shutil.rmtree(folder, ignore_errors=True)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]

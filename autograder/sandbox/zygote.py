"""The zygote: a process that has imported everything and forks itself into rooms. Started by `launch`.

It imports PyTorch and the rest once, with one thread, as an unprivileged user, with an environment that holds
no secrets, and never runs a line of a student's code itself. Each kernel or worker is a fork of it that moves
into a room of its own (`rooms`, `enter`). It then is the watch over all rooms: it ends a room on its
wall-clock limit, its memory limit, its output limit, on request, and when the grader that asked for it is gone.

It also stays clean: every room starts as a copy of its memory. What students' processes say passes by inside
the operating system (`relay`), and what the grader tells one room lies in a file that only that room reads.

Graders speak to it through sequenced-packet sockets, one JSON object a packet, open files attached.
    {"op": "open", "room", "side", "policy", "files": [names of the attached descriptors]}
      "arguments": JSON for the room's side; "errors": takes the first bytes of stderr; "channel" or the names
      in CHANNELS: sockets.
    {"op": "signal", "room", "number"}    {"op": "kill", "room", "reason"}    {"op": "usage", "room"}
It answers with
    {"event": "up"}    {"event": "opened", "room", "pid"}    {"event": "usage", "room", …}
    {"event": "closed", "room", "reason", "status", "peak_mb"}      and "detail", where no room could be made

A fork with more than one thread can hang for ever (OpenMP's locks), so the zygote refuses to start with two.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import itertools
import json
import os
import resource
import select
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.sandbox import enter, usage
from autograder.sandbox.mounts import View
from autograder.sandbox.policy import MIB, Policy
from autograder.sandbox.relay import Relay, private_listener
from autograder.sandbox.rooms import Room, RoomBuilder, RoomError
from autograder.sandbox.warming import warm_up

PACKET = 65_536
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
_TICK = 0.05
_DESCRIPTORS = 65_536
_DETAIL_BYTES = 4000


@dataclass
class _Client:
    """A grader's connection."""

    connection: socket.socket


@dataclass
class _Tenant:
    """One room with somebody in it, and what the watch knows of it."""

    name: str
    client: _Client
    room: Room
    policy: Policy
    deadline: float
    pid: int
    pidfd: int
    errors: int
    errors_kept: int
    relay: Relay | None = None
    sent: int = 0
    told: int = 0
    peak: int = 0
    reason: str = ""
    status: int | None = None


class _IsChild(BaseException):
    """Unwinds the child's stack to the top, out of the zygote's loop; carries what to do there."""

    def __init__(self, task: Callable[[], None]) -> None:
        self.task = task


class Zygote:
    """The loop over graders, rooms and clocks."""

    def __init__(
        self, owner: socket.socket, listener: socket.socket, builder: RoomBuilder, filter_program: bytes
    ) -> None:
        self._builder, self._filter = builder, filter_program
        self._selector = selectors.DefaultSelector()
        self._owner = self._admit(owner)
        self._listener = listener
        self._listener.setblocking(False)
        self._watch(self._listener, self._accept)
        self._tenants: dict[tuple[int, str], _Tenant] = {}
        self._statuses: dict[int, int] = {}
        self._nowhere = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
        self._ending = False
        self._address_space = usage.address_space(os.getpid())
        self._resident = usage.resident([os.getpid()])

    def run(self) -> None:
        """Serve until the grader that started this process is gone and all rooms are empty."""
        self._say(self._owner, {"event": "up", "pid": os.getpid(), "resident_mb": self._resident // MIB})
        while not (self._ending and not self._tenants):
            for key, events in self._selector.select(_TICK if self._tenants else None):
                key.data(events)
            self._reap()
            self._check_limits()
        self._builder.close()

    def _watch(self, thing: Any, function: Callable[[int], None]) -> None:
        self._selector.register(thing, selectors.EVENT_READ, function)

    # ------------------------------------------------------------------------------------- graders

    def _accept(self, events: int) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            self._say(self._admit(connection), {"event": "up", "pid": os.getpid()})

    def _admit(self, connection: socket.socket) -> _Client:
        connection.setblocking(False)
        client = _Client(connection)
        self._watch(connection, lambda events: self._hear(client))
        return client

    def _hear(self, client: _Client) -> None:
        try:
            packet, descriptors, _, _ = socket.recv_fds(client.connection, PACKET, 16)
        except BlockingIOError:
            return
        except OSError:
            packet, descriptors = b"", []
        if not packet:
            self._dismiss(client)
            return
        request = json.loads(packet)
        if request["op"] == "open":
            self._open(client, request, dict(zip(request["files"], descriptors, strict=True)))
            return
        tenant = self._tenants.get((id(client), request["room"]))
        if tenant is None:
            return
        if request["op"] == "kill":
            self._end(tenant, request["reason"])
        elif request["op"] == "signal":
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(tenant.pidfd, request["number"])
        elif request["op"] == "usage":
            measured = usage.memory(self._family(tenant))
            answer = {"proportional_mb": measured.proportional / MIB, "private_mb": measured.private / MIB}
            self._say(client, {"event": "usage", "room": tenant.name, **answer})

    def _say(self, client: _Client, event: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            client.connection.send(json.dumps(event).encode())

    def _dismiss(self, client: _Client) -> None:
        """A grader is gone (its end of the socket closed, however it died): so are its rooms."""
        self._selector.unregister(client.connection)
        client.connection.close()
        for tenant in self._tenants.values():
            if tenant.client is client:
                self._end(tenant, "grader gone")
        if client is self._owner:
            self._ending = True
            for tenant in self._tenants.values():
                self._end(tenant, "grader gone")

    # --------------------------------------------------------------------------------------- rooms

    def _open(self, client: _Client, request: dict[str, Any], given: dict[str, int]) -> None:
        name = request["room"]
        policy = Policy.from_dict(request["policy"])
        room = None
        try:
            self.check_threads()
            room = self._builder.take()
            enter.set_limits(room.first, policy, self._address_space)
            self._settle(client, request, room, policy, given)
        except OSError as error:
            if room is not None:
                room.kill()
                room.close()
            closed = {"reason": "no room", "detail": str(error), "status": None, "peak_mb": 0}
            self._say(client, {"event": "closed", "room": name, **closed})
        # Not in a `finally`: the forked child leaves through here too, and needs them.
        for descriptor in given.values():
            os.close(descriptor)
        self._builder.prepare()

    def _settle(
        self, client: _Client, request: dict[str, Any], room: Room, policy: Policy, given: dict[str, int]
    ) -> None:
        """Fork into `room`; watch over the child from now on. `given` are the grader's open files."""
        name, side = request["room"], request["side"]
        errors_read, errors_write = os.pipe()
        report_read, report_write = os.pipe()
        kept = {"errors": errors_write, "report": report_write, "room": room.pidfd}
        tenant = _Tenant(name, client, room, policy, 0.0, 0, -1, errors_read, os.dup(given["errors"]))
        listeners = []
        if side == "kernel":
            tenant.relay = Relay(self._selector, lambda count: self._count(tenant, count))
            for channel in CHANNELS:
                listener, handle = private_listener()
                tenant.relay.add(socket.socket(fileno=os.dup(given[channel])), handle)
                listeners.append(listener)
                kept[channel] = listener.fileno()
        else:
            kept["channel"] = given["channel"]
        intermediate = os.fork()
        if intermediate == 0:
            for listener in listeners:
                listener.detach()  # these objects go away with this stack; their descriptors are wanted
            self._become_child({**kept, "arguments": given["arguments"]}, side, policy)
        os.close(errors_write)
        os.close(report_write)
        for listener in listeners:
            listener.close()
        # The end of this file comes when the child is confined, or dead.
        with os.fdopen(report_read, "rb") as report:
            reported = report.read()
        os.waitpid(intermediate, 0)
        tenant.deadline = time.monotonic() + policy.notebook_seconds
        self._tenants[id(client), name] = tenant
        self._watch(errors_read, lambda events: self._listen_to_errors(tenant))
        self._watch(room.pidfd, lambda events: self._bury(tenant))
        if not reported:
            self._end(tenant, "no room")
            return
        tenant.pid = int(reported)
        tenant.pidfd = os.pidfd_open(tenant.pid)
        self._watch(tenant.pidfd, lambda events: self._moved_out(tenant))
        self._say(client, {"event": "opened", "room": name, "pid": tenant.pid})

    def _become_child(self, kept: dict[str, int], side: str, policy: Policy) -> None:
        """In the fork: leave the zygote's stack, with what the room needs.

        All other descriptors are closed by number. The objects that own them stay alive (`main` holds the
        zygote), so that none of them closes a number later that by then means something else.
        """
        space, program = self._address_space, self._filter
        raise _IsChild(lambda: _live(kept, side, policy, space, program))

    def _count(self, tenant: _Tenant, count: int) -> None:
        tenant.sent += count
        if tenant.sent > tenant.policy.output_mb * MIB:
            self._end(tenant, "output")

    def _listen_to_errors(self, tenant: _Tenant) -> None:
        """Keep the start of what the room writes to stderr, for diagnosis; it counts as output too."""
        if tenant.errors < 0:  # closed by another event of the same round
            return
        room_for = _DETAIL_BYTES - tenant.told
        target = tenant.errors_kept if room_for else self._nowhere
        try:
            count = os.splice(tenant.errors, target, room_for or PACKET, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            return
        tenant.told += count if room_for else 0
        self._count(tenant, count)
        if count == 0:
            self._stop_listening(tenant)

    def _stop_listening(self, tenant: _Tenant) -> None:
        if tenant.errors >= 0:
            self._selector.unregister(tenant.errors)
            os.close(tenant.errors)
            os.close(tenant.errors_kept)
            tenant.errors = -1

    def _family(self, tenant: _Tenant) -> list[int]:
        """Return the processes of the room: those below the first tenant, and those below pid 1."""
        return usage.family([tenant.pid, tenant.room.first])

    def _check_limits(self) -> None:
        now = time.monotonic()
        for tenant in self._tenants.values():
            if tenant.reason:
                continue
            if now > tenant.deadline:
                self._end(tenant, "time")
                continue
            pids = self._family(tenant)
            limit = tenant.policy.memory_mb * MIB + self._resident
            used = usage.resident(pids)
            if used > limit:  # shared pages are in there several times; only now is it worth to look closer
                used = usage.memory(pids).proportional
            tenant.peak = max(tenant.peak, used - self._resident)
            if used > limit:
                self._end(tenant, "memory")

    def _end(self, tenant: _Tenant, reason: str) -> None:
        tenant.reason = tenant.reason or reason
        tenant.room.kill()

    def _moved_out(self, tenant: _Tenant) -> None:
        """The first tenant has ended, by itself or with its room: nobody else may stay."""
        if tenant.pidfd < 0:
            return
        self._selector.unregister(tenant.pidfd)
        os.close(tenant.pidfd)
        tenant.pidfd = -1
        self._reap()
        tenant.status = self._statuses.pop(tenant.pid, None)
        self._end(tenant, "ended")

    def _bury(self, tenant: _Tenant) -> None:
        """Pid 1 is dead, which means that the kernel has ended every process of the room."""
        self._moved_out(tenant)
        self._listen_to_errors(tenant)
        self._stop_listening(tenant)
        if tenant.relay is not None:
            tenant.relay.close()
        self._selector.unregister(tenant.room.pidfd)
        tenant.room.close()
        del self._tenants[id(tenant.client), tenant.name]
        closed = {
            "reason": tenant.reason,
            "status": tenant.status,
            "peak_mb": max(0, tenant.peak) // MIB,
        }
        self._say(tenant.client, {"event": "closed", "room": tenant.name, **closed})

    def _reap(self) -> None:
        """Take the exit statuses of children; bubblewrap's are left to `Room.close`."""
        for tenant in self._tenants.values():
            if tenant.pid and tenant.pid not in self._statuses:
                with contextlib.suppress(ChildProcessError):
                    pid, status = os.waitpid(tenant.pid, os.WNOHANG)
                    if pid:
                        self._statuses[pid] = os.waitstatus_to_exitcode(status)

    def check_memory(self) -> None:
        """Refuse to start with memory that a fork would go on sharing: rooms could talk through it."""
        with open("/proc/self/maps") as file:
            shared = [line.split()[-1] for line in file if line.split()[1].startswith("rw-s")]
        if shared:
            raise RoomError(f"an imported module made shared memory ({shared[0]}); keep it out of `preload`.")

    def check_threads(self) -> None:
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RoomError(
                f"the zygote has {threads} threads; a fork of it could hang. Keep imports to one."
            )


def _live(kept: dict[str, int], side: str, policy: Policy, space: int, filter_program: bytes) -> None:
    """In the fork: go into the room, then be a kernel or a worker. Never returns."""
    try:
        os.dup2(kept["errors"], 1)
        os.dup2(kept.pop("errors"), 2)
        report, room = kept.pop("report"), kept.pop("room")
        _close_all_but({1, 2, report, room, *kept.values()})
        enter.enter(room, policy, space, filter_program, report)
        arguments = json.loads(os.pread(kept["arguments"], os.fstat(kept["arguments"]).st_size, 0))
        del kept["arguments"]
        _close_all_but({1, 2, *kept.values()})
        module = importlib.import_module(f"autograder.sandbox.{side}_side")
        module.main(kept, arguments, policy)
    except BaseException:
        with contextlib.suppress(BaseException):
            traceback.print_exc(file=sys.__stderr__)
            sys.__stderr__.flush()
    finally:
        os._exit(1)


def _close_all_but(kept: set[int]) -> None:
    """Close every file descriptor that is not in `kept`; give stdin the end of file."""
    edges = sorted({-1, *kept, _DESCRIPTORS})
    for low, high in itertools.pairwise(edges):
        os.closerange(low + 1, high)
    if 0 not in kept:
        os.open("/dev/null", os.O_RDONLY)


@contextlib.contextmanager
def _fonts_listed(folder: str | None) -> Iterator[None]:
    """Let matplotlib find a copy of the grader's list of fonts; making a new one takes seconds."""
    with tempfile.TemporaryDirectory(prefix="headstart-fonts-") as copy:
        for path in Path(folder).glob("fontlist-*.json") if folder else ():
            shutil.copy(path, copy)
        os.environ["MPLCONFIGDIR"] = copy
        yield


def _end_with(owner: socket.socket) -> None:
    """Let the kernel end this process when its grader is gone, while it is still importing.

    A closed connection raises SIGIO, which nobody handles and which therefore is the end.
    """
    fcntl.fcntl(owner, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(owner, fcntl.F_SETFL, os.O_ASYNC)
    if select.select([owner], [], [], 0)[0]:  # it was gone already
        os.kill(os.getpid(), signal.SIGIO)


def main() -> None:
    """Import everything, then serve; `sys.argv[1]` holds the settings as JSON."""
    settings = json.loads(sys.argv[1])
    os.environ.pop("PYTHONPATH", None)  # it has done its work; rooms need not know where the packages are
    if settings["become"] is not None:
        enter.become(settings["become"])
    enter.forbid_new_privileges()
    enter.adopt_orphans()
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most_files, _DESCRIPTORS), most_files))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which then closes the socket
    owner, listener = (socket.socket(fileno=settings[name]) for name in ("control", "listen"))
    _end_with(owner)
    with os.fdopen(settings["filter"], "rb") as file:
        filter_program = file.read()
    for descriptor in (owner, listener):
        descriptor.set_inheritable(False)
    view = settings["view"]
    links = tuple((path, target) for path, target in view["links"])
    builder = RoomBuilder(
        settings["bwrap"], View(tuple(view["bound"]), links, tuple(view["masked"])), filter_program
    )
    try:
        builder.put_back(builder.take())  # fails at once where bubblewrap or the kernel does not play along
    except RoomError as error:
        owner.send(json.dumps({"event": "failed", "detail": str(error)}).encode())
        return
    with _fonts_listed(settings["fonts"]):
        for module in settings["preload"]:
            importlib.import_module(module)
        if "torch" in settings["preload"]:
            warm_up()
    fcntl.fcntl(owner, fcntl.F_SETFL, os.O_NONBLOCK)  # from now on the loop notices the end of the grader
    zygote = Zygote(owner, listener, builder, filter_program)
    zygote.check_threads()
    zygote.check_memory()
    gc.collect()
    gc.freeze()  # objects that exist now are never moved by the collector, so their pages stay shared
    try:
        zygote.run()
        return
    except _IsChild as child:
        task = child.task
    task()


if __name__ == "__main__":
    main()

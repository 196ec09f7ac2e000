"""Time, memory, processes, files and output: each limit holds, and nothing of the room is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandbox_helpers import PROBES, attempt_in, unconfined

import autograder
from autograder.sandbox import Policy, RoomEnded
from autograder.sandbox.launch import UNPRIVILEGED_UID
from autograder.sandbox.policy import MIB

# One process for all: they share a zygote.
pytestmark = pytest.mark.xdist_group("sandbox")

QUICK = Policy(call_seconds=1.0, notebook_seconds=1.5)
STUBBORN = """
import os, signal
def attack():
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN)
    while True:
        pass
"""
# Leaves the session and the process group, and loses its parent.
DAEMON = """
import os, sys, time
def attack():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "DAEMON-MARK"])
        os._exit(0)
    os.wait()
    time.sleep(0.3)
    return True
"""


def marked(text: str) -> list[int]:
    """Return the processes of this machine with `text` in their command line."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/cmdline") as file:
                    if text in file.read():
                        found.append(int(name))
            except OSError:
                continue
    return found


def wait_until_gone(text: str, seconds: float = 10.0) -> list[int]:
    end = time.monotonic() + seconds
    while (left := marked(text)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def ending_of(sandbox, source: str, policy: Policy, seconds: float | None = None) -> RoomEnded:
    with pytest.raises(RoomEnded) as raised, sandbox.worker(PROBES, policy) as worker:
        attempt_in(worker, source, seconds)
    return raised.value


def test_an_endless_loop_ends_at_the_limit_of_a_call(sandbox):
    assert ending_of(sandbox, STUBBORN, QUICK).ending.reason == "time"


def test_the_watch_ends_it_where_the_grader_waits_for_ever(sandbox):
    assert ending_of(sandbox, STUBBORN, QUICK, seconds=60.0).ending.reason == "time"


def test_a_daemon_does_not_outlive_its_room(sandbox):
    mark = f"daemon-{os.getpid()}-{time.monotonic_ns()}"
    with sandbox.worker(PROBES) as worker:
        assert attempt_in(worker, DAEMON.replace("DAEMON-MARK", mark))[0]
        assert len(marked(mark)) == 1
    assert marked(mark) == []


def test_a_daemon_does_not_outlive_the_process_that_made_it(sandbox):
    mark = f"daemon-{os.getpid()}-{time.monotonic_ns()}"
    source = DAEMON.replace("DAEMON-MARK", mark).replace("return True", "os._exit(7)")
    ended = ending_of(sandbox, source, Policy())
    assert (ended.ending.reason, ended.ending.status) == ("ended", 7)
    assert marked(mark) == []


def test_a_grader_that_is_killed_leaves_no_process(tmp_path):
    mark = f"daemon-{os.getpid()}-{time.monotonic_ns()}"
    script = f"""
import sys, time
sys.path.insert(0, {os.path.dirname(__file__)!r})
from sandbox_helpers import PROBES, attempt_in
from autograder.sandbox import Sandbox, SandboxUnavailable
from autograder.sandbox.doctor import PRELOADED
try:
    sandbox = Sandbox(preload=(*PRELOADED, "this"))
except SandboxUnavailable as problem:
    print("unavailable", problem, flush=True)
    raise SystemExit
with sandbox.worker(PROBES) as worker:
    attempt_in(worker, {DAEMON.replace("DAEMON-MARK", mark)!r})
    print("ready", sandbox._process.pid, flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as grader:
        said = grader.stdout.readline().split()
        if said[0] != "ready":
            grader.wait()
            pytest.skip(" ".join(said))
        assert marked(mark)
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    assert wait_until_gone(mark) == []
    end = time.monotonic() + 10.0
    while _running(int(said[1])) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _running(int(said[1]))


def _running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_process_gets_a_memory_error(attack):
    source = f"def attack():\n    return len(bytearray({400 * MIB}))\n"
    assert unconfined({"it": source})["it"][0]
    succeeded, said = attack(source, Policy(memory_mb=200))
    assert not succeeded and said.startswith("MemoryError")


def test_memory_of_many_processes_is_counted_together(sandbox):
    source = f"""
import os, time
def attack():
    for _ in range(6):
        if os.fork() == 0:
            block = bytearray({60 * MIB})
            time.sleep(60)
    time.sleep(60)
"""
    ended = ending_of(sandbox, source, Policy(memory_mb=200))
    assert ended.ending.reason == "memory"
    assert ended.ending.peak_mb >= 200


def test_shared_memory_is_not_counted_for_each_process(sandbox):
    source = f"""
import os, time
def attack():
    block = bytearray({100 * MIB})
    children = []
    for _ in range(6):
        pid = os.fork()
        if pid == 0:
            time.sleep(0.5)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    return len(block)
"""
    with sandbox.worker(PROBES, Policy(memory_mb=200)) as worker:
        assert attempt_in(worker, source)[0]


def test_processes_are_limited(attack):
    source = """
import os, time
def attack():
    for number in range(100):
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    return number
"""
    succeeded, said = attack(source)
    assert not succeeded and "BlockingIOError" in said


def test_a_fork_bomb_ends_with_its_room_and_others_go_on(sandbox):
    bomb = """
import os
def attack():
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
    with sandbox.worker(PROBES) as neighbour:
        assert ending_of(sandbox, bomb, QUICK).ending.reason == "time"
        assert attempt_in(neighbour, "def attack():\n    return 1\n") == (True, "1")


def test_threads_are_limited(attack):
    source = """
import threading, time
def attack():
    for number in range(100):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    return number
"""
    assert unconfined({"it": source})["it"][0]
    assert not attack(source)[0]


@pytest.mark.parametrize("folder", ["/scratch/work", "/tmp", "/dev/shm"])
def test_files_together_are_limited(attack, folder):
    source = f"""
import os
def attack():
    written = 0
    try:
        for number in range(100):
            with open(f"{folder}/part{{number}}", "wb") as file:
                for _ in range(8):
                    written += file.write(bytes(2**20))
    except OSError:
        pass
    return written
"""
    _, said = attack(source, Policy(scratch_mb=20, file_mb=10))
    if folder == "/tmp" and any(
        Path(path).is_relative_to("/tmp") for path in (autograder.__file__, sys.prefix)
    ):
        # The packages lie there, so the whole of /tmp can only be read.
        assert int(said) == 0
    else:
        assert 10 * MIB < int(said) <= 20 * MIB


def test_one_file_is_limited(attack):
    source = (
        'def attack():\n    with open("one", "wb") as file:\n        return file.write(bytes(11 * 2**20))\n'
    )
    succeeded, said = attack(source, Policy(scratch_mb=20, file_mb=10))
    assert (not succeeded and "File too large" in said) or int(said) <= 10 * MIB


def test_empty_files_are_limited(attack):
    source = """
def attack():
    for number in range(2000):
        open(f"empty{number}", "w").close()
    return number
"""
    succeeded, said = attack(source, Policy(scratch_files=500))
    assert not succeeded and "No space left" in said


def test_limits_cannot_be_raised(attack):
    for name in ("AS", "NPROC", "NOFILE", "FSIZE", "CPU", "CORE"):
        source = f"""
import resource
def attack():
    soft, hard = resource.getrlimit(resource.RLIMIT_{name})
    assert hard != resource.RLIM_INFINITY, "there is no limit"
    resource.setrlimit(resource.RLIMIT_{name}, (hard + 1, hard + 1))
    return hard
"""
        succeeded, said = attack(source)
        assert not succeeded and "AssertionError" not in said, (name, said)


def test_a_flood_on_stderr_ends_the_room(sandbox):
    flood = 'import os\ndef attack():\n    while True:\n        os.write(2, b"x" * 65536)\n'
    ended = ending_of(sandbox, flood, Policy(output_mb=2))
    assert ended.ending.reason == "output"
    assert 0 < len(ended.ending.detail) <= 4000


# The worker's own end of the channel is the one socket that it has: what a student's code can do with it.
FORGED = """
import os, stat, struct
def attack():
    for number in range(3, 100):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                break
        except OSError:
            continue
    BODY
"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("os.write(number, struct.pack('>IQ', 10, 2**60))", "protocol"),
        ("os.write(number, struct.pack('>IQ', 2**31, 0))", "protocol"),
        ("os.write(number, struct.pack('>IQ', 3, 0) + b'{{{')", "protocol"),
        ("os.write(number, struct.pack('>IQ', 2, 0) + b'[]')", "protocol"),
        ("os.write(number, struct.pack('>IQ', 100000, 0) + b'[' * 100000)", "protocol"),
        ("os.close(number)", "ended"),
        ("os.write(number, b'xx'); import time; time.sleep(60)", "time"),
        (
            "frame = struct.pack('>IQ', 2, 2**20) + b'{}' + bytes(2**20)\n    while True: os.write(number, frame)",
            "any",
        ),
    ],
)
def test_what_is_no_answer_ends_the_room(sandbox, body, reason):
    if reason == "any":  # proper frames without end: each is an answer; together they are too much
        with pytest.raises(RoomEnded) as raised, sandbox.worker(PROBES, Policy(output_mb=4)) as worker:
            worker.request({"source": FORGED.replace("BODY", body)}, seconds=5.0)
            for _ in range(100):
                worker.request({"source": "x"}, seconds=5.0)
        assert raised.value.ending.reason == "output"
        return
    policy = Policy(call_seconds=2.0, output_mb=8, message_mb=4)
    assert ending_of(sandbox, FORGED.replace("BODY", body), policy).ending.reason == reason


def test_rooms_belong_to_an_unprivileged_user(sandbox):
    if os.geteuid() != 0:
        pytest.skip("only a sandbox that root starts changes the user")
    with sandbox.worker(PROBES) as worker:
        mark = f"sleep-{time.monotonic_ns()}"
        attempt_in(worker, DAEMON.replace("DAEMON-MARK", mark))
        (pid,) = marked(mark)
        assert os.stat(f"/proc/{pid}").st_uid == UNPRIVILEGED_UID

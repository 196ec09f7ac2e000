"""What a room must not see or reach: the grader's files, secrets, sockets, processes, and other rooms."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest
from sandbox_helpers import PROBES, attempt_in, unconfined

from autograder.sandbox import RoomEnded
from autograder.sandbox.launch import UNPRIVILEGED_UID

# One process for all: they share a zygote.
pytestmark = pytest.mark.xdist_group("sandbox")


def read_attack(path) -> str:
    return f"def attack():\n    return open({str(path)!r}).read()\n"


def test_files_of_the_grader_cannot_be_read(attack, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("grades")
    secret.chmod(0o644)
    assert unconfined({"it": read_attack(secret)})["it"][0]
    assert not attack(read_attack(secret))[0]


def test_the_course_with_its_hidden_checks_cannot_be_read(attack):
    import autograder

    package = os.path.dirname(autograder.__file__)
    course = os.path.join(os.path.dirname(package), "course")
    source = (
        "import os\ndef attack():\n"
        f"    return [path for path in {[package, course]!r} if os.path.isdir(path) and os.listdir(path)] or None\n"
    )
    assert unconfined({"it": source})["it"][0]
    assert attack(source) == (False, "None")


def test_symbolic_links_and_paths_lead_nowhere(attack, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("grades")
    source = f"""
import os
def attack():
    os.symlink({str(secret)!r}, "link")
    found = []
    for path in ("link", *(start + {str(secret)!r} for start in ("../..", "/proc/1/root", "/proc/self/root"))):
        try:
            found.append(open(path).read())
        except OSError:
            pass
    return found or None
"""
    assert attack(source) == (False, "None")


def test_secrets_of_the_environment_are_not_passed_on(sandbox, attack):
    # The zygote runs already; what a process was started with would be in its `environ` all its life.
    source = """
import os
def attack():
    allowed = {"PATH", "HOME", "LANG", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "PYTHONHASHSEED", "PWD", "LC_CTYPE"}
    rest = {name for name in os.environ if not name.endswith("_NUM_THREADS")} - allowed
    return sorted(name for name in rest if not name.startswith("HEADSTART_")) or None
"""
    os.environ["GRADEBOOK_PASSWORD"] = "secret"
    try:
        assert unconfined({"it": source})["it"][0]
        assert attack(source) == (False, "None")
    finally:
        del os.environ["GRADEBOOK_PASSWORD"]


def test_no_file_descriptor_is_inherited(attack, tmp_path):
    secret = tmp_path / "open.txt"
    secret.write_text("grades")
    source = """
import os, stat
def attack():
    odd = []
    for number in range(3, 4096):
        try:
            kind = os.fstat(number).st_mode
        except OSError:
            continue
        if not stat.S_ISSOCK(kind):
            odd.append((number, oct(kind)))
        else:
            odd.append((number, "socket"))
    return odd if [kind for _, kind in odd] != ["socket"] else None
"""
    with open(secret) as file:
        os.set_inheritable(file.fileno(), True)
        assert attack(source) == (False, "None")


def test_listeners_of_the_machine_cannot_be_reached(attack, tmp_path):
    source = """
import socket
def attack():
    reached = []
    for family, address in ADDRESSES:
        try:
            with socket.socket(family) as connection:
                connection.settimeout(2)
                connection.connect(address)
                reached.append(address)
        except OSError:
            pass
    return reached or None
"""
    name = f"\0headstart-{os.getpid()}"
    path = os.path.join("/tmp", f"headstart-listener-{os.getpid()}")
    with (
        socket.create_server(("127.0.0.1", 0)) as inet,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as named,
    ):
        abstract.bind(name)
        named.bind(path)
        os.chmod(path, 0o777)
        abstract.listen()
        named.listen()
        addresses = [(2, inet.getsockname()), (1, name), (1, path)]
        source = f"ADDRESSES = {addresses!r}\n" + source
        try:
            succeeded, said = unconfined({"it": source})["it"]
            assert succeeded and said.count("headstart") == 2 and "127.0.0.1" in said
            assert attack(source) == (False, "None")
        finally:
            os.unlink(path)


@pytest.fixture
def victim():
    """A process of the same user as the rooms'."""
    user = {"user": UNPRIVILEGED_UID, "group": UNPRIVILEGED_UID} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "600"], **user) as process:
        yield process
        process.kill()


def test_processes_outside_cannot_be_signalled(attack, victim):
    source = f"""
import os
def attack():
    os.kill({victim.pid}, 0)
    return "there"
"""
    assert unconfined({"it": source})["it"][0]
    assert not attack(source)[0]


def test_killing_everybody_reaches_nobody_outside(sandbox, attack, victim):
    # A room's process that kills all others it may kill: only its own room ends.
    source = "import os, signal\ndef attack():\n    os.kill(-1, signal.SIGKILL)\n"
    with contextlib.suppress(RoomEnded):
        attack(source)
    assert victim.poll() is None
    assert sandbox.alive


def test_a_child_joins_no_process_outside(attack, victim):
    source = f"""
import ctypes
def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.ptrace(16, {victim.pid}, 0, 0) == 0 or None
"""
    assert attack(source) == (False, "None")


def test_rooms_share_nothing(sandbox):
    write = (
        "import builtins, tempfile\ndef attack():\n    builtins.leak = 'x'\n"
        "    open('/scratch/tmp/leak', 'w').close()\n    open('/dev/shm/leak', 'w').close()\n    return True\n"
    )
    read = (
        "import builtins, os\ndef attack():\n"
        "    return [name for name in ('/scratch/tmp/leak', '/dev/shm/leak') if os.path.exists(name)]"
        " or getattr(builtins, 'leak', None)\n"
    )
    with sandbox.worker(PROBES) as first, sandbox.worker(PROBES) as second:
        assert attempt_in(first, write)[0]
        assert attempt_in(first, read)[0]
        assert attempt_in(second, read) == (False, "None")
    with sandbox.worker(PROBES) as third:
        assert attempt_in(third, read) == (False, "None")


def test_rooms_do_not_see_each_other(sandbox):
    listing = """
import os
def alive(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
def attack():
    return [pid for pid in range(1, 400) if alive(pid)]
"""
    with sandbox.worker(PROBES) as first, sandbox.worker(PROBES) as second:
        for worker in (first, second):
            _, said = attempt_in(worker, listing)
            assert len(said.split(",")) == 3  # pid 1, the process that holds the room open, and itself


def test_mounts_of_the_machine_stay_as_they_were(sandbox):
    with open("/proc/self/mounts") as file:
        before = file.read()
    with sandbox.worker(PROBES) as worker:
        with open("/proc/self/mounts") as file:
            assert file.read() == before
        assert worker.tenancy.pid
    with open("/proc/self/mounts") as file:
        assert file.read() == before


def test_pid_1_of_a_room_has_the_filter_and_the_limits_too(sandbox):
    """A student's process has the same user as pid 1; it gains nothing by taking it over."""
    with sandbox.worker(PROBES) as worker:
        namespace = os.readlink(f"/proc/{_host_pid(worker)}/ns/pid")
        inside = [pid for pid in _processes() if _link(pid) == namespace]
        assert len(inside) == 3
        for pid in inside:
            with open(f"/proc/{pid}/status") as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            assert status["Seccomp"] == "2", (pid, status["Name"])
            assert status["NoNewPrivs"] == "1"
            assert int(status["CapEff"], 16) == 0
            with open(f"/proc/{pid}/limits") as file:
                limits = file.read()
            if status["NSpid"].split()[-1] != "2":  # only holds the room open
                assert "Max core file size        0 " in limits
                assert f"Max processes             {sandbox.policy.processes} " in limits


def test_the_zygote_keeps_nothing_of_what_rooms_say(sandbox):
    """Each room starts as a copy of the zygote; what one room said must not be in it."""
    marker = "".join(["find", "me", str(os.getpid())])
    say = f"import os\ndef attack():\n    os.write(2, b'{marker}' * 200)\n    return '{marker}'\n"
    with sandbox.worker(PROBES) as worker:
        assert attempt_in(worker, say)[0]
        zygote = _parent(_host_pid(worker))
        if not _readable(zygote):
            pytest.skip("this user may not read the zygote's memory")
        assert _contains(_host_pid(worker), marker.encode())
        assert not _contains(zygote, marker.encode())


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _link(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def _host_pid(worker) -> int:
    """Return the worker's process id as this test sees it, by a mark in its command line's environment."""
    mark = f"mark-{time.monotonic_ns()}"
    source = f"""
import ctypes
def attack():
    return ctypes.CDLL(None).prctl(15, b"{mark[-15:]}", 0, 0, 0) == 0
"""
    assert attempt_in(worker, source)[0]
    for pid in _processes():
        try:
            with open(f"/proc/{pid}/comm") as file:
                if file.read().strip() == mark[-15:]:
                    return pid
        except OSError:
            continue
    raise AssertionError("the worker is not among the machine's processes")


def _readable(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/mem", "rb"):
            return True
    except OSError:
        return False


def _contains(pid: int, text: bytes) -> bool:
    """Tell whether the writable memory of a process holds `text`."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            bounds, flags = line.split()[:2]
            if not flags.startswith("rw"):
                continue
            low, high = (int(bound, 16) for bound in bounds.split("-"))
            try:
                memory.seek(low)
                if text in memory.read(high - low):
                    return True
            except (OSError, OverflowError, ValueError):
                continue
    return False


def test_stopping_the_grader_with_ctrl_c_does_not_reach_the_zygote(sandbox):
    with sandbox.worker(PROBES) as worker:
        zygote = _parent(_host_pid(worker))
        assert os.getpgid(zygote) != os.getpgid(0)
        os.kill(zygote, signal.SIGINT)
        assert attempt_in(worker, "def attack():\n    return 1\n")[0]

"""Attempts to break out of a room, each with what it would show. The doctor and the tests run them for real.

A probe is the source of a function `attack()`. It returns something where it succeeds, and returns None or raises
where it is refused. The same source can run outside a room, to show that there it does succeed.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.sandbox.frames import Channel

# System calls that must not exist in a room: (name, arguments). Numbers differ by processor and are looked up.
# The arguments are harmless where a call exists: it then fails for another reason, or does nothing of note.
FORBIDDEN_CALLS: dict[str, tuple[int, ...]] = {
    "add_key": (0, 0, 0, 0, 0),
    "bpf": (0, 0, 0),
    "chroot": (0,),
    "clone3": (0, 0),
    "fanotify_init": (0, 0),
    "finit_module": (-1, 0, 0),
    "fsopen": (0, 0),
    "init_module": (0, 0, 0),
    "inotify_init1": (0,),
    "io_uring_setup": (0, 0),
    "kcmp": (0, 0, 0, 0, 0),
    "kexec_load": (0, 0xFFFF, 0, 0),
    "keyctl": (0, 0, 0, 0, 0),
    "memfd_create": (0, 0),
    "memfd_secret": (0,),
    "mknodat": (-1, 0, 0, 0),
    "mount": (0, 0, 0, 0, 0),
    "mount_setattr": (-1, 0, 0, 0, 0),
    "move_mount": (-1, 0, -1, 0, 0),
    "mq_open": (0, 0, 0, 0),
    "msgget": (0, 0),
    "name_to_handle_at": (-1, 0, 0, 0, 0),
    "open_by_handle_at": (-1, 0, 0),
    "open_tree": (-1, 0, 0),
    "perf_event_open": (0, 0, 0, 0, 0),
    "personality": (0xFFFFFFFF,),
    "pidfd_getfd": (-1, 0, 0),
    "pidfd_open": (0, 0),
    "pivot_root": (0, 0),
    "process_vm_readv": (0, 0, 0, 0, 0, 0),
    "process_vm_writev": (0, 0, 0, 0, 0, 0),
    "ptrace": (0xFFFF, 0, 0, 0),
    "quotactl": (0, 0, 0, 0),
    "reboot": (0, 0, 0, 0),
    "request_key": (0, 0, 0, 0),
    "seccomp": (0xFFFF, 0, 0),
    "semget": (0, 0, 0),
    "setns": (-1, 0),
    "settimeofday": (0, 0),
    "shmget": (0, 0, 0),
    "swapon": (0, 0),
    "syslog": (10, 0, 0),
    "umount2": (0, 0),
    "unshare": (0,),
    "userfaultfd": (0xFFFF,),
}
REFUSALS = ("EPERM", "ENOSYS", "EOPNOTSUPP")


@dataclass(frozen=True)
class Probe:
    """One attempt.

    Attributes:
        name: for tables and test ids.
        protects: what a success would mean.
        source: Python source that defines `attack()`.
    """

    name: str
    protects: str
    source: str


def system_call(name: str) -> Probe | None:
    """Return the probe of one of `FORBIDDEN_CALLS`, or None where this processor has no such call.

    It succeeds if the call exists, whatever it then says of its arguments.
    """
    import pyseccomp

    try:
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    except (OSError, ValueError):
        return None
    if number < 0:
        return None
    arguments = ", ".join(f"ctypes.c_long({value})" for value in FORBIDDEN_CALLS[name])
    source = f"""
import ctypes, errno
def attack():
    ctypes.set_errno(0)
    result = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long({number}), {arguments})
    if result >= 0:
        return "done"
    word = errno.errorcode[ctypes.get_errno()]
    return None if word in {REFUSALS} else word
"""
    return Probe(f"call {name}", "dangerous system calls do not exist", source)


def _socket(name: str, family: int, kind: int = 1) -> Probe:
    source = f"import socket\ndef attack():\n    return socket.socket({family}, {kind}).fileno() >= 0\n"
    return Probe(f"socket {name}", "nothing is reached over any network", source)


NETWORK = [
    _socket("inet", 2),
    _socket("inet datagram", 2, 2),
    _socket("inet6", 10),
    _socket("unix", 1),
    _socket("unix datagram", 1, 2),
    _socket("netlink", 16, 3),
    _socket("packet", 17, 3),
    _socket("kernel crypto", 38, 5),
    _socket("vsock", 40),
    Probe(
        "resolver",
        "nothing is reached over any network",
        "import socket\ndef attack():\n    return socket.getaddrinfo('localhost', 80, type=socket.SOCK_STREAM) and "
        "socket.create_connection(('localhost', 80))\n",
    ),
    Probe(
        "datagram pair",
        "no socket that could be sent to an address",
        "import socket\ndef attack():\n    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n",
    ),
]

VIEW = [
    Probe(
        "processes",
        "no process outside is seen",
        "import os\ndef attack():\n    return [name for name in os.listdir('/proc') if name.isdigit()] or None\n",
    ),
    Probe(
        "interpreter handle",
        "no file outside is held through /proc/self",
        "def attack():\n    return open('/proc/self/exe', 'rb').read(4)\n",
    ),
    Probe(
        "passwords",
        "files of the machine are not seen",
        "import os\ndef attack():\n    return os.path.exists('/etc/shadow') or None\n",
    ),
    Probe(
        "device files",
        "no device but the harmless ones",
        "import os\ndef attack():\n    return sorted(set(os.listdir('/dev'))\n"
        "        - {'null', 'zero', 'full', 'random', 'urandom', 'shm'}) or None\n",
    ),
    Probe(
        "setting up namespaces",
        "no new privileges over a new namespace",
        "import subprocess\ndef attack():\n"
        "    return subprocess.run(['/usr/bin/unshare', '-Ur', 'id', '-u'], capture_output=True)"
        ".stdout.strip() or None\n",
    ),
    Probe(
        "mounting",
        "the view cannot be changed",
        "import subprocess\ndef attack():\n    return subprocess.run(['/usr/bin/mount', '-t', 'tmpfs', 'x', '/usr'],"
        " capture_output=True).returncode == 0 or None\n",
    ),
]

WRITES = [
    Probe(
        f"write to {path or 'the packages'}",
        "nothing outside the scratch space is written",
        f"import os\ndef attack():\n    folder = {path!r} or os.path.dirname(os.path.dirname(os.__file__))\n"
        "    name = os.path.join(folder, 'written-by-probe')\n"
        "    open(name, 'w').close()\n    os.unlink(name)\n    return name\n",
    )
    for path in ("/", "/usr/lib", "/etc", "/dev", "")
]

PRIVILEGES = [
    Probe(
        "capabilities",
        "no privilege of any kind",
        """
import ctypes, struct
def attack():
    header, data = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0)), ctypes.create_string_buffer(24)
    assert ctypes.CDLL(None).capget(header, data) == 0
    return any(struct.unpack("6I", data.raw)) or None
""",
    ),
    Probe(
        "set-uid programs",
        "no privilege through set-uid programs",
        "import ctypes\ndef attack():\n    return ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) != 1 or None\n",
    ),
    Probe(
        "hiding from the watch",
        "memory can be measured from outside",
        "import ctypes\ndef attack():\n    return ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0 or None\n",
    ),
    Probe(
        "raising limits",
        "limits stay",
        "import resource\ndef attack():\n    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))\n    return hard\n",
    ),
    Probe(
        "namespace by fork",
        "no new privileges over a new namespace",
        # SIGCHLD (17) and CLONE_NEWUSER: a fork into a new user namespace, by the old call.
        """
import ctypes, os, platform
def attack():
    number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    pid = ctypes.CDLL(None, use_errno=True).syscall(number, 17 | 0x10000000, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
        return pid
""",
    ),
]

QUICK: list[Probe] = [*NETWORK, *VIEW, *WRITES, *PRIVILEGES]


def forbidden_calls() -> list[Probe]:
    """Return the probes of all calls in `FORBIDDEN_CALLS` that this processor has."""
    return [probe for probe in map(system_call, FORBIDDEN_CALLS) if probe is not None]


def attempt(source: str) -> tuple[bool, str]:
    """Run a probe here; return whether it succeeded, and what it returned or was told."""
    namespace: dict[str, object] = {}
    try:
        exec(source, namespace)
        result = namespace["attack"]()
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"[:500]
    return result is not None, repr(result)[:500]


def serve(channel: Channel) -> None:
    """Run the probes that come over the channel (the entry of a worker); {"source"} → {"succeeded", "said"}."""
    while (frame := channel.receive()) is not None:
        succeeded, said = attempt(frame[0]["source"])
        channel.send({"succeeded": succeeded, "said": said})

"""The way of a forked process into a room: the only code that runs between the fork and the student's code.

Called by the zygote in a fresh child. Everything here is a thin wrapper around one system call; Python 3.11
has no functions for them yet. The order matters and is explained at `enter`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct

from autograder.sandbox.mounts import HOME, SCRATCH, WORK
from autograder.sandbox.policy import MIB, Policy

_libc = ctypes.CDLL(None, use_errno=True)

# From linux/sched.h, linux/prctl.h, linux/mount.h, linux/capability.h.
_ALL_NAMESPACES = 0x10000000 | 0x20000000 | 0x40000000 | 0x00020000 | 0x08000000 | 0x04000000 | 0x02000000
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 4, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL, _SECCOMP_MODE_FILTER, _LAST_CAPABILITY = 4, 2, 63
_MS_NOSUID, _MS_NODEV, _MS_REMOUNT = 2, 4, 32
_CAPABILITY_VERSION_3 = 0x20080522


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _prctl(option: int, first: int = 0, second: int = 0) -> int:
    unsigned = ctypes.c_ulong
    return _libc.prctl(option, unsigned(first), unsigned(second), unsigned(0), unsigned(0))


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parents exit, so that they can be waited for."""
    _checked(_prctl(_PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)")


def forbid_new_privileges() -> None:
    """Make set-uid programs powerless for this process and its children, for ever."""
    _checked(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl(PR_SET_NO_NEW_PRIVS)")


def allow_measuring() -> None:
    """Let processes of the same user read this process's memory statistics (a change of user forbids it)."""
    _checked(_prctl(_PR_SET_DUMPABLE, 1), "prctl(PR_SET_DUMPABLE)")


def become(uid: int) -> None:
    """Change from root to the unprivileged user and group `uid`, for ever."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    allow_measuring()


def enter(room: int, policy: Policy, address_space: int, filter_program: bytes, report: int) -> None:
    """Move this process, a fork of the zygote, into the room whose pid 1 is the pidfd `room`; confine it.

    1. Join all seven namespaces. The process has the same user as the room's owner and so gets all
       capabilities over the room, and only over the room.
    2. Fork: a pid namespace holds the children of who joins it. The first process reports its child's
       process id (as the zygote sees it) to the pipe `report` and ends; this function returns in the child.
    3. Give the scratch space its size, while the capability to do so is there.
    4. Limits, then no capabilities for ever, then the filter, which nothing can remove.

    Args:
        room: pidfd of the room's pid 1.
        policy: the limits.
        address_space: bytes that the zygote has mapped; the policy's memory comes on top.
        filter_program: the system call filter, from `seccomp.program`.
        report: write end of a pipe.

    Raises:
        OSError: a step failed. The caller must end the process: it is not confined.
    """
    _checked(_libc.setns(room, _ALL_NAMESPACES), "setns into the room")
    child = os.fork()
    if child:
        os.write(report, str(child).encode())
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o022)
    options = f"size={policy.scratch_mb}m,nr_inodes={policy.scratch_files},mode=0755"
    flags = ctypes.c_ulong(_MS_REMOUNT | _MS_NOSUID | _MS_NODEV)
    _checked(_libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", flags, options.encode()), "size of scratch")
    for folder in (HOME, WORK, f"{SCRATCH}/tmp", f"{SCRATCH}/shm"):
        os.mkdir(folder)
    os.chdir(WORK)
    _default_signals()
    os.nice(5)
    set_limits(0, policy, address_space)
    _drop_capabilities()
    allow_measuring()
    _install(filter_program)


def set_limits(pid: int, policy: Policy, address_space: int) -> None:
    """Set the resource limits of process `pid` (0: this one), soft and hard alike."""
    file_bytes = policy.file_mb * MIB
    cpu_seconds = int(policy.notebook_seconds) + 5
    limits = {
        resource.RLIMIT_AS: address_space + policy.memory_mb * MIB,
        # Since Linux 5.14 counted in each user namespace on its own, so for this room alone.
        resource.RLIMIT_NPROC: policy.processes,
        resource.RLIMIT_NOFILE: policy.open_files,
        resource.RLIMIT_FSIZE: file_bytes,
        # The watch ends the room on wall-clock time; this stops one process even if the watch were stuck.
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 65_536,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 256,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    for which, most in limits.items():
        _, hard = resource.prlimit(pid, which)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(pid, which, (most, most))


def _default_signals() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}:
        if number < signal.SIGRTMIN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.set_wakeup_fd(-1)


def _drop_capabilities() -> None:
    _checked(_prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL), "prctl(PR_CAP_AMBIENT_CLEAR_ALL)")
    for capability in range(_LAST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability)  # numbers that this kernel does not know answer EINVAL
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, struct.pack("6I", 0, 0, 0, 0, 0, 0)), "capset")
    forbid_new_privileges()


def _install(filter_program: bytes) -> None:
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    program = Program(len(filter_program) // 8, filter_program)
    address = ctypes.addressof(program)
    _checked(_prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, address), "prctl(PR_SET_SECCOMP)")

"""What a room can see: the arguments for bubblewrap, from an allow-list of folders.

Used by the launcher (for the zygote's own confinement when started as root) and by the zygote (for rooms).

The list is written down here and is not taken from `sys.path`: on an instructor's machine that may hold the
course with its hidden checks. A room gets the interpreter, the installed packages, the learner's package,
and a few system folders, all read-only; one scratch space in memory; five harmless devices. It gets no
`/proc`: nothing about other processes can be read, and `/proc/self/exe`, which would still point at the
interpreter outside, cannot be opened for writing.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SCRATCH = "/scratch"
HOME = f"{SCRATCH}/home"
WORK = f"{SCRATCH}/work"
UID_INSIDE = 1000

_SYSTEM_FOLDERS = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/bin")
_SYSTEM_LINKS = ("/bin", "/lib", "/lib32", "/lib64")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/usr/share/zoneinfo")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_ACCOUNTS = f"student:x:{UID_INSIDE}:{UID_INSIDE}:student:{HOME}:/bin/sh\n"
# Libraries look here for what processor and memory there are. A room gets copies, which lead nowhere.
_COPIED = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    *(f"/sys/devices/system/cpu/{name}" for name in ("possible", "present", "online")),
)


class MountError(ValueError):
    """A folder that a room needs cannot be found."""


@dataclass(frozen=True)
class View:
    """What of the file system is visible, as plain data that can be sent to the zygote.

    Attributes:
        bound: paths shown read-only at the same place.
        links: (path, target) of symbolic links to make.
        masked: folders inside `bound` that are shown empty.
    """

    bound: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    masked: tuple[str, ...]


def package_folder(name: str) -> str:
    """Return the folder of an importable package without importing it.

    Raises:
        MountError: there is no such package.
    """
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise MountError(f"the package {name!r} is not installed for {sys.executable}; install it first.")
    return os.path.realpath(next(iter(found.submodule_search_locations)))


def room_view() -> View:
    """Return what students' code may see of this machine."""
    bound = [path for path in (*_SYSTEM_FOLDERS, *_SYSTEM_FILES) if os.path.exists(path)]
    links = []
    for path in _SYSTEM_LINKS:
        if os.path.islink(path):
            links.append((path, os.readlink(path)))
        elif os.path.isdir(path):
            bound.append(path)
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
        for part in ("lib", "lib64", "bin", "pyvenv.cfg"):
            path = os.path.join(prefix, part)
            if os.path.islink(path):
                links.append((path, os.readlink(path)))
            elif os.path.exists(path):
                bound.append(path)
    bound.append(package_folder("headstart"))
    bound = [path for path in dict.fromkeys(bound) if not _inside_any(path, bound)]
    links = [(path, target) for path, target in links if not _inside_any(path, bound)]
    instructor = package_folder("autograder")
    return View(tuple(bound), tuple(links), (instructor,) if _inside_any(instructor, bound) else ())


def zygote_view(room: View, *more: str | None) -> View:
    """Return what the zygote may see: the same, the instructor's package, whose worker code it imports, and
    the folders in `more`.
    """
    more = tuple(path for path in (*more, *_COPIED) if path and os.path.exists(path))
    more = tuple(path for path in more if not path.startswith("/proc/"))  # it gets a `/proc` of its own
    return View((*room.bound, package_folder("autograder"), *more), room.links, ())


def _inside_any(path: str, folders: list[str]) -> bool:
    return any(path != folder and Path(path).is_relative_to(folder) for folder in folders)


def _ancestors(paths: Iterable[str]) -> list[str]:
    """Return all folders above `paths` but the root, each after those above it."""
    found = {str(folder) for path in paths for folder in Path(path).parents if str(folder) != "/"}
    return sorted(found)


def view_arguments(view: View) -> list[str]:
    """Return bubblewrap's arguments for the read-only part: folders, links, devices."""
    arguments = []
    # Left alone, bubblewrap makes some of the folders on the way to a file for the owner only.
    for folder in _ancestors(
        (*view.bound, *(path for path, _ in view.links), "/dev/null", "/etc/passwd", *_COPIED)
    ):
        arguments += ["--perms", "0755", "--dir", folder]
    for path in view.bound:
        arguments += ["--ro-bind", path, path]
    for path, target in view.links:
        arguments += ["--symlink", target, path]
    for path in view.masked:
        arguments += ["--tmpfs", path, "--remount-ro", path]
    for device in _DEVICES:
        arguments += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    return arguments


def made_files() -> dict[str, bytes]:
    """Return path → content of the files that every room gets written anew."""
    files = {"/etc/passwd": _ACCOUNTS.encode()}
    for path in _COPIED:
        if os.path.exists(path):
            files[path] = Path(path).read_bytes()
    return files


def room_arguments(bwrap: str, view: View, seccomp_fd: int, info_fd: int, made: dict[str, int]) -> list[str]:
    """Return the command that makes one empty room and keeps it open.

    The room's pid 1 is bubblewrap itself, under the filter in `seccomp_fd`; it reaps orphans. When it dies,
    the kernel kills everything in the room. `info_fd` receives its process id, stdout the word "ready"; `made`
    are open files with the content of paths to make.
    """
    # Where the packages themselves lie below /tmp, it stays as it is, and only TMPDIR leads to the scratch space.
    temporary = ["--symlink", f"{SCRATCH}/tmp", "/tmp"]
    if any(path.startswith("/tmp/") for path in view.bound):
        temporary = []
    copies = [word for path, descriptor in made.items() for word in ("--file", str(descriptor), path)]
    return [
        bwrap,
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup", "--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *("--uid", str(UID_INSIDE), "--gid", str(UID_INSIDE), "--clearenv"),
        *("--setenv", "PATH", "/usr/bin:/bin"),
        *view_arguments(view),
        *copies,
        *temporary,
        *("--symlink", f"{SCRATCH}/shm", "/dev/shm"),
        *("--size", "4096", "--tmpfs", SCRATCH),
        *("--remount-ro", "/"),
        *("--chdir", "/", "--seccomp", str(seccomp_fd), "--info-fd", str(info_fd)),
        *("--", "/bin/sh", "-c", "echo ready; exec sleep infinity"),
    ]


def zygote_arguments(bwrap: str, view: View, environment: dict[str, str]) -> list[str]:
    """Return the command prefix that confines the zygote when it is started as root.

    It makes the interpreter readable for the unprivileged user even where it lies below `/root`, takes the
    network away, and puts all processes below one pid 1.
    """
    variables = [word for name, value in environment.items() for word in ("--setenv", name, value)]
    return [
        bwrap,
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--clearenv", *variables, "--proc", "/proc"),
        *("--perms", "1777", "--size", str(64 * 1024 * 1024), "--tmpfs", "/tmp"),
        *(*view_arguments(view), "--ro-bind", bwrap, bwrap),
        *("--remount-ro", "/", "--chdir", "/", "--"),
    ]

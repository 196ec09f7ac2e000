"""Starts the zygote for a grader: checks what this machine has, drops privileges, passes sockets.

Used by `autograder.sandbox.Sandbox` and by the doctor. Whatever protection cannot be had is an error with the
reason and the remedy; there is no weaker mode to fall back to.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from autograder.sandbox import mounts, seccomp

# When started as root, rooms belong to this user, which needs no entry in /etc/passwd. The number lies in a
# range that Debian and systemd leave unused.
UNPRIVILEGED_UID = 64_555
OLDEST_KERNEL = (5, 14)
PRELOADED = (
    "torch",
    "torchvision",
    "torchvision.models",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "ipykernel.debugger",
    "sklearn.datasets",
    "sklearn.linear_model",
    "sklearn.metrics",
    "tqdm.auto",
    "headstart.models",
    "headstart.data",
    "headstart.training",
    "autograder.sandbox.kernel_side",
    "autograder.sandbox.worker_side",
    "autograder.sandbox.serving",
    "autograder.sandbox.probes",
)


class SandboxUnavailable(RuntimeError):
    """This machine cannot confine students' code; the message says why and what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(f"students' code cannot be confined here: {reason} {remedy}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, self.remedy)  # it travels between the processes of a cluster


def find_bubblewrap() -> str:
    """Return the path of bubblewrap.

    Raises:
        SandboxUnavailable: it is not installed.
    """
    found = shutil.which("bwrap") or shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
    if found is None:
        raise SandboxUnavailable(
            "the program bwrap (bubblewrap) is missing.",
            "Install it: `apt install bubblewrap`, `dnf install bubblewrap`, `pacman -S bubblewrap`.",
        )
    return os.path.realpath(found)


def check_platform() -> None:
    """Raise `SandboxUnavailable` where the operating system is not a recent Linux."""
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable(
            f"this is {platform.system()}; the sandbox is made of Linux namespaces.",
            "Grade on Linux: another machine, a virtual machine, or WSL 2.",
        )
    version = tuple(
        int("".join(filter(str.isdigit, part)) or 0) for part in platform.release().split(".")[:2]
    )
    if version < OLDEST_KERNEL:
        needed = ".".join(map(str, OLDEST_KERNEL))
        raise SandboxUnavailable(
            f"the Linux kernel is {platform.release()}; process limits for one room exist since {needed}.",
            "Grade on a machine with a newer kernel.",
        )


def filter_program() -> bytes:
    """Return the system call filter.

    Raises:
        SandboxUnavailable: libseccomp or its Python package is missing.
    """
    try:
        return seccomp.program()
    except (ImportError, OSError, RuntimeError) as error:
        raise SandboxUnavailable(
            f"the system call filter cannot be made ({error}).",
            "Install libseccomp (`apt install libseccomp2`) and the package pyseccomp (`pip install pyseccomp`).",
        ) from error


def remedy_for(problem: str) -> str:
    """Return what to do about a message of bubblewrap's."""
    text = problem.lower()
    if "permission" in text or "not permitted" in text or "namespace" in text:
        return (
            "User namespaces are switched off for this user. In a container, start it with "
            "`--security-opt seccomp=unconfined` or grade outside of it. On Ubuntu 24.04 and newer, "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` (or an AppArmor profile for bwrap and "
            "python). On Debian 10 and older, `sudo sysctl kernel.unprivileged_userns_clone=1`. "
            "Also look at `sysctl user.max_user_namespaces`."
        )
    return "Run `autograder doctor` to see which protection is missing."


def failed_start(said: str) -> SandboxUnavailable:
    """Return the error for a zygote that did not start; `said` is what it wrote."""
    closed = closed_folders() if os.geteuid() == 0 else []
    if closed:
        return SandboxUnavailable(
            f"the sandbox's user (number {UNPRIVILEGED_UID}) may not read {', '.join(closed)}.",
            f"Let everybody read what is there: `chmod -R o+rX {shlex.join(closed)}`.",
        )
    return SandboxUnavailable(f"the zygote did not start ({said or 'without a word'}).", remedy_for(said))


def closed_folders() -> list[str]:
    """Return the folders that the zygote needs and that are not for every user to read.

    Of the packages of a checkout every file counts: it may have been cloned under a strict umask.
    """
    packages = [mounts.package_folder(name) for name in ("autograder", "headstart")]

    def is_open(path: str) -> bool:
        inside = Path(path).rglob("*") if path in packages else ()
        return all(os.lstat(each).st_mode & stat.S_IROTH for each in (path, *inside))

    return [path for path in dict.fromkeys((*packages, *mounts.room_view().bound)) if not is_open(path)]


def start_zygote(
    control: socket.socket, listener: socket.socket, errors: int, preload: Sequence[str]
) -> subprocess.Popen[bytes]:
    """Start the zygote with one end of the grader's socket pair and a listening socket for further graders.

    Raises:
        SandboxUnavailable: something that it needs is missing.
    """
    check_platform()
    bwrap = find_bubblewrap()
    program = filter_program()
    view = mounts.room_view()
    as_root = os.geteuid() == 0
    fonts = _font_cache()
    with tempfile.TemporaryFile() as filter_file:
        filter_file.write(program)
        filter_file.seek(0)
        settings = {
            "control": control.fileno(),
            "listen": listener.fileno(),
            "filter": filter_file.fileno(),
            "become": UNPRIVILEGED_UID if as_root else None,
            "bwrap": bwrap,
            "view": asdict(view),
            "preload": list(preload),
            "fonts": fonts,
        }
        # -P: never import from the current folder. -s: nor from the user's own packages.
        command = [sys.executable, "-P", "-s", "-m", "autograder.sandbox.zygote", json.dumps(settings)]
        environment = _environment()
        if as_root:
            wider = mounts.zygote_view(view, fonts)
            command = [*mounts.zygote_arguments(bwrap, wider, environment), *command]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env=environment,
            cwd="/",
            pass_fds=(settings["control"], settings["listen"], settings["filter"]),
            start_new_session=True,  # Ctrl-C reaches the grader alone
        )


def _environment() -> dict[str, str]:
    """Return the zygote's whole environment. Nothing of the grader's own goes in: it may hold passwords."""
    threads = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        **_where_the_packages_are(),
        **{f"{library}_NUM_THREADS": "1" for library in threads},
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "HEADSTART_PROFILE": "offline",
    }


def _where_the_packages_are() -> dict[str, str]:
    """Let the zygote find the very packages that the grader runs, also where these are not the installed ones."""
    folders = [os.path.dirname(mounts.package_folder(name)) for name in ("autograder", "headstart")]
    installed = set(sysconfig.get_paths().values())
    own = [
        folder for folder in dict.fromkeys(folders) if folder not in installed and os.pathsep not in folder
    ]
    return {"PYTHONPATH": os.pathsep.join(own)} if own else {}


def _font_cache() -> str | None:
    """Return the folder of matplotlib's list of fonts, if the grader's user has one; making it takes seconds."""
    import matplotlib

    folder = matplotlib.get_cachedir()
    return folder if folder and list(Path(folder).glob("fontlist-*.json")) else None

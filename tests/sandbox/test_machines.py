"""The doctor, an ordinary user's machine, and machines that lack something."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import Sandbox, SandboxUnavailable, doctor, launch, mounts, seccomp

# One process for all: they share a zygote.
pytestmark = pytest.mark.xdist_group("sandbox")

ORDINARY_UID = 12_345


@pytest.mark.usefixtures("sandbox")
def test_the_doctor_finds_every_protection_in_place():
    findings = doctor.diagnose()
    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) > 15


@pytest.mark.usefixtures("sandbox")
def test_every_protection_holds_for_an_ordinary_user_too():
    """Run the doctor as a made-up user; folders that only root may enter are bound where that user can."""
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is needed to become another user")
    needed = [Path(sys.prefix), Path(sys.base_prefix), Path(mounts.package_folder("headstart")).parent]
    closed = [
        parent for path in needed for parent in reversed(path.parents) if not parent.stat().st_mode & 0o001
    ]
    opened = [
        word for parent in dict.fromkeys(closed) for word in ("--perms", "0755", "--tmpfs", str(parent))
    ]
    opened += [
        word
        for path in needed
        for parent in reversed(path.parents)
        if any(parent.is_relative_to(folder) and parent != folder for folder in closed)
        for word in ("--perms", "0755", "--dir", str(parent))
    ]
    bound = [word for path in needed for word in ("--ro-bind", str(path), str(path))]
    user = ["--reuid", str(ORDINARY_UID), "--regid", str(ORDINARY_UID), "--clear-groups"]
    as_user = ["setpriv", *user, "--inh-caps=-all", "--bounding-set=-all"]
    clean = ["env", "-i", "PATH=/usr/bin:/bin", "HOME=/tmp", f"PYTHONPATH={needed[-1]}"]
    done = subprocess.run(
        [
            *(launch.find_bubblewrap(), "--dev-bind", "/", "/", *opened, *bound, "--"),
            *(*as_user, *clean, sys.executable, "-m", "autograder.sandbox.doctor"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILS" not in done.stdout and "dangerous system calls" in done.stdout


def test_without_bubblewrap_nothing_runs(monkeypatch):
    monkeypatch.setattr(launch.shutil, "which", lambda *arguments, **options: None)
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
        Sandbox()
    assert [finding.ok for finding in doctor.diagnose()] == [True, False]


def test_a_bubblewrap_that_may_not_make_namespaces_is_told_with_the_remedy(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(launch, "find_bubblewrap", lambda: str(broken))
    with pytest.raises(SandboxUnavailable) as raised:
        Sandbox(preload=doctor.PRELOADED)
    assert "No permissions" in raised.value.reason and "user" in raised.value.remedy.lower()


def test_without_libseccomp_nothing_runs(monkeypatch):
    def fail() -> bytes:
        raise OSError("libseccomp.so.2: cannot open shared object file")

    monkeypatch.setattr(seccomp, "program", fail)
    with pytest.raises(SandboxUnavailable, match="libseccomp2"):
        Sandbox()


@pytest.mark.parametrize(
    ("system", "release", "said"), [("linux", "5.10.0-8", "since 5.14"), ("darwin", "23", "WSL")]
)
def test_other_machines_are_refused(monkeypatch, system, release, said):
    monkeypatch.setattr(launch.sys, "platform", system)
    monkeypatch.setattr(launch.platform, "release", lambda: release)
    with pytest.raises(SandboxUnavailable, match=said):
        launch.check_platform()


def test_an_unknown_module_is_told():
    try:
        Sandbox(preload=doctor.PRELOADED).close()
    except SandboxUnavailable as problem:
        pytest.skip(str(problem))
    with pytest.raises(SandboxUnavailable, match="no_such_module"):
        Sandbox(preload=("no_such_module",))


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("closed", [".", "sandbox/probes.py"])
def test_a_checkout_that_the_sandboxs_user_may_not_read_is_named_with_the_remedy(
    monkeypatch, tmp_path, closed
):
    if os.geteuid() != 0:
        pytest.skip("the sandbox of an ordinary user reads what that user reads")
    copy, folder_of = tmp_path / "a checkout" / "autograder", mounts.package_folder
    shutil.copytree(folder_of("autograder"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / closed).chmod(0o700)
    monkeypatch.setattr(
        mounts, "package_folder", lambda name: str(copy) if name == "autograder" else folder_of(name)
    )
    with pytest.raises(SandboxUnavailable) as raised:
        Sandbox(preload=doctor.PRELOADED)
    assert str(copy) in raised.value.reason
    assert f"chmod -R o+rX '{copy}'" in raised.value.remedy


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("module", "source", "said"),
    [
        (
            "starts_a_thread",
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            "threads",
        ),
        ("shares_memory", "import mmap\nkept = mmap.mmap(-1, 4096)", "shared memory"),
    ],
)
def test_a_module_that_makes_forks_unsafe_is_refused(monkeypatch, tmp_path, module, source, said):
    """The zygote gets the module through a folder that this test adds to its path and view."""
    (tmp_path / f"{module}.py").write_text(source)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith(("test_", "pytest-")):
            folder.chmod(0o755)
    environment, view = launch._environment, mounts.zygote_view
    paths = [str(tmp_path), *filter(None, [environment().get("PYTHONPATH")])]
    monkeypatch.setattr(
        launch, "_environment", lambda: {**environment(), "PYTHONPATH": os.pathsep.join(paths)}
    )
    monkeypatch.setattr(mounts, "zygote_view", lambda room, *more: view(room, str(tmp_path), *more))
    with pytest.raises(SandboxUnavailable, match=said):
        Sandbox(preload=(*doctor.PRELOADED, module))


def test_a_view_holds_neither_the_course_nor_home_folders():
    view = mounts.room_view()
    course = Path(mounts.package_folder("autograder")).parent
    for path in map(Path, view.bound):
        assert not course.is_relative_to(path), f"{path} shows the course"
        assert not Path.home().is_relative_to(path), f"{path} shows the home folder"


@pytest.mark.usefixtures("sandbox")
def test_a_zygote_whose_grader_dies_during_its_start_does_not_finish_it():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with (
        theirs,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener,
        tempfile.TemporaryFile() as said,
    ):
        process = launch.start_zygote(theirs, listener, said.fileno(), launch.PRELOADED)
        theirs.close()
        ours.close()
        # One that noticed after its start would end with status 0.
        assert process.wait(120) != 0
        assert os.pread(said.fileno(), 1000, 0) == b""

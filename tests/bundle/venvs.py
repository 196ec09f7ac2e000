"""Fresh Python environments that borrow big packages instead of installing them again. Used by tests of the bundle
and of Colab.

A borrowed package is a link in a folder on the environment's path: it can be imported and its metadata be found, as if
it were installed, and pip leaves it alone. What is installed in editable mode, as this project itself, cannot be
borrowed, so it is missing until the test installs it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import nbformat
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from notebook_client import NotebookClient  # noqa: E402

OURS = ("headstart-course", "headstart-learner")
SECONDS = 300  # for a cell, on a busy machine


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def with_requirements(names: Iterable[str]) -> set[str]:
    """Return `names` with all that they need here, as far as it is installed."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = normalised(waiting.pop())
        if name in found:
            continue
        try:
            requirements = [Requirement(text) for text in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        # Extras are asked of some packages (`cuda-toolkit[cublas]`); taking all of them is enough for a test.
        waiting += [
            requirement.name
            for requirement in requirements
            if requirement.marker is None
            or "extra" in str(requirement.marker)
            or requirement.marker.evaluate()
        ]
    return found


def lend(names: Iterable[str], folder: Path) -> None:
    """Put a link into `folder` for each file and folder of the installed packages `names`."""
    folder.mkdir()
    for name in names:
        tops = {
            Path(file).parts[0]
            for file in metadata.files(name) or ()
            if Path(file).parts[0] not in ("..", "__pycache__")
        }
        site = Path(str(metadata.distribution(name).locate_file("")))
        for top in tops:
            if (site / top).exists() and not (folder / top).exists():
                (folder / top).symlink_to(site / top)


def make(folder: Path, borrowed: Path | None, with_pip: bool) -> Path:
    """Make a virtual environment that finds the packages in `borrowed`, or all of this one's; return its Python."""
    venv.create(folder, with_pip=with_pip, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # A folder that is named in a .pth file goes on the path; .pth files in that folder are not read.
    (site / "borrowed.pth").write_text(f"{borrowed or sysconfig.get_path('purelib')}\n")
    return python


def clean(**more: str) -> dict[str, str]:
    """Return this process's environment without what would lead Python or the course elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HEADSTART_", "PYTHON", "NBGRADER_", "VIRTUAL_ENV", "JUPYTER"))
    }
    return {**kept, "OMP_NUM_THREADS": "1", **more}


def ask(python: Path, program: str, folder: Path | None = None, **more: str) -> str:
    """Run a program; return what it prints. The folder where it runs is none of its places to import from.

    Raises:
        AssertionError: it failed.
    """
    done = subprocess.run(
        [str(python), "-P", "-c", program], cwd=folder, env=clean(**more), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def execute(
    python: Path, notebook: nbformat.NotebookNode, folder: Path, arguments: Iterable[str] = (), **more: str
) -> nbformat.NotebookNode:
    """Run a notebook in `folder` with a kernel of the environment of `python`; return it with its outputs."""
    kernels = folder.parent / "jupyter" / "kernels" / "borrowed"
    kernels.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}", *arguments]
    (kernels / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "borrowed", "language": "python"})
    )
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="borrowed")
    client.create_kernel_manager()
    client.km.kernel_spec_manager.kernel_dirs.insert(0, str(kernels.parent))
    client.execute(cwd=str(folder), env=clean(**more))
    return notebook


def repacked(name: str, folder: Path) -> Path:
    """Write the installed package `name` as a wheel again, so that pip can install it without network."""
    distribution = metadata.distribution(name)
    files = [
        file for file in distribution.files or () if file.parts[0] != ".." and "__pycache__" not in file.parts
    ]
    info = next(file.parts[0] for file in files if file.parts[0].endswith(".dist-info"))
    kept = [
        file for file in files if file.name not in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    ]
    path = folder / f"{info.removesuffix('.dist-info')}-py3-none-any.whl"
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for file in kept:
            content = Path(str(file.locate())).read_bytes()
            if file.name == "WHEEL":
                content = re.sub(rb"(?m)^Tag: .*$", b"Tag: py3-none-any", content)
            archive.writestr(file.as_posix(), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record += f"{file.as_posix()},sha256={digest},{len(content)}\n"
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path

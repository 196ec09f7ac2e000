"""Looks whether this computer has what the course needs. Called by `headstart doctor`.

Each finding has a state: `ok`; `warning`, with which the course still works; or `missing`.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from headstart.state_file import LEARNING_FILES, course_folder, learning_folder

OK, WARNING, MISSING = "ok", "warning", "missing"
MINIMUM_PYTHON = (3, 11)
DISK_GB, MEMORY_GB = 1.0, 1.5
# Package -> the module that must import, and what does not work without it.
PACKAGES = {
    "torch": ("torch", "no lesson runs without it"),
    "torchvision": ("torchvision", "no lesson runs without it"),
    "scikit-learn": ("sklearn", "the handwritten digits come with it"),
    "matplotlib": ("matplotlib", "it draws the figures"),
    "ipywidgets": ("ipywidgets", "questions have no buttons without it"),
    "anywidget": ("anywidget", "questions have no buttons without it"),
}


@dataclass(frozen=True)
class Finding:
    """One row of the table: what was looked at, its state, what was found, and what to do about it."""

    what: str
    state: str
    found: str
    remedy: str = ""


def findings() -> list[Finding]:
    """Look at everything and return the rows of the table, in the order in which they are shown."""
    return [
        _python(),
        *(_package(name, module, why) for name, (module, why) in PACKAGES.items()),
        _jupyterlab(),
        _gpu(),
        _weights(),
        _lessons(),
        _folder(learning_folder()),
        *_state_files(learning_folder(), Path.cwd()),
        _disk(),
        _memory(),
    ]


def table(rows: list[Finding]) -> str:
    """Return the findings as text, each remedy below its row, and a last line that sums up."""
    wide = max(len(row.what) for row in rows)
    lines = []
    for row in rows:
        lines.append(f"{row.state:<8}{row.what:<{wide}}  {row.found}")
        if row.remedy:
            lines.append(f"{'':<8}{'':<{wide}}  {row.remedy}")
    missing = sum(row.state == MISSING for row in rows)
    warnings = sum(row.state == WARNING for row in rows)
    if missing:
        end = f"{missing} needed {'thing is' if missing == 1 else 'things are'} missing."
    elif warnings:
        end = f"The course works here, with {warnings} {'warning' if warnings == 1 else 'warnings'}."
    else:
        end = "All is well."
    return "\n".join([*lines, end])


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < MINIMUM_PYTHON:
        return Finding("Python", MISSING, version, "Install Python 3.11 or newer.")
    return Finding("Python", OK, version)


def _package(name: str, module: str, why: str) -> Finding:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, MISSING, f"not installed: {why}", f"Install it: pip install {name}")
    wanted = _oldest(name)
    if wanted and _numbers(version) < _numbers(wanted):
        return Finding(name, MISSING, f"{version} is too old", f'Update it: pip install "{name}>={wanted}"')
    try:
        importlib.import_module(module)
    except Exception as error:
        said = " ".join(str(error).split())[:120]
        advice = f"Install it again: pip install --force-reinstall {name}"
        if name == "torchvision":
            advice = "Install torch and torchvision together, so that their versions fit: pip install torch torchvision"
        return Finding(name, MISSING, f"{version} does not start ({type(error).__name__}: {said})", advice)
    return Finding(name, OK, version)


def _oldest(name: str) -> str | None:
    """Return the oldest version of the package `name` that the course is made for."""
    try:
        wanted = metadata.requires("headstart-course") or []
    except metadata.PackageNotFoundError:
        return None
    for line in wanted:
        if line.startswith(f"{name}>="):
            return line.removeprefix(f"{name}>=").split(";")[0].split(",")[0].strip()
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading whole numbers of a version: `2.4.1+cpu` is (2, 4, 1)."""
    parts = []
    for part in version.split("+")[0].split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    return tuple(parts)


def _jupyterlab() -> Finding:
    try:
        return Finding("jupyterlab", OK, metadata.version("jupyterlab"))
    except metadata.PackageNotFoundError:
        return Finding(
            "jupyterlab",
            WARNING,
            "not installed: `headstart lab` needs it; Colab and VS Code do not",
            "Install it: pip install jupyterlab",
        )


def _gpu() -> Finding:
    try:
        from headstart.profiles import device

        where = device()
        import torch

        if where == "cpu":
            return Finding("GPU", OK, "none in use: the lessons run on the CPU")
        memory = torch.cuda.get_device_properties(0).total_memory / 1e9
        return Finding("GPU", OK, f"{torch.cuda.get_device_name(0)}, {memory:.0f} GB")
    except Exception as error:
        said = " ".join(str(error).split())[:120]
        return Finding(
            "GPU", WARNING, f"cannot be asked ({said})", "Set HEADSTART_DEVICE=cpu to leave it alone."
        )


def _weights() -> Finding:
    try:
        from torchvision.models import get_model

        import headstart.models  # noqa: F401 - registers the networks with torchvision

        for name in ("glyphnet", "glyphnet_vgg"):
            get_model(name, weights="DEFAULT")
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        return Finding(
            "weights", MISSING, f"the course's network cannot be loaded ({said})", "Install the course again."
        )
    return Finding("weights", OK, "glyphnet and glyphnet_vgg load")


def _lessons() -> Finding:
    folder = course_folder()
    if folder is None:
        return Finding(
            "lessons", WARNING, f"none in {Path.cwd()} or above it", "Change to the course folder: cd FOLDER"
        )
    count = len(list((folder / "lessons").glob("[0-9][0-9]_*.ipynb")))
    return Finding("lessons", OK, f"{count} in {folder / 'lessons'}")


def _folder(folder: Path) -> Finding:
    """Try to write a file in the learner's folder, or where it would be made."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.NamedTemporaryFile(prefix=".headstart-", dir=there):
            pass
    except OSError as error:
        return Finding(
            "your files",
            WARNING,
            f"{folder} cannot be written ({error.strerror})",
            "What you do is kept only while Python runs. Set HEADSTART_HOME to a folder of yours.",
        )
    return Finding("your files", OK, str(folder))


def _state_files(folder: Path, here: Path) -> Iterator[Finding]:
    """Look at the learner's files without changing them, and at copies of broken ones."""
    for path in (*(folder / name for name in LEARNING_FILES), here / "answers.json"):
        if not path.exists():
            continue
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
            sound = isinstance(content, dict) and isinstance(content.get("version"), int)
        except (OSError, ValueError, RecursionError):
            sound = False
        if sound:
            yield Finding(path.name, OK, "can be read")
        else:
            remedy = "Nothing to do: the next change keeps it aside under another name and starts a new one."
            yield Finding(path.name, WARNING, "cannot be read", remedy)
    broken = [
        path for place in dict.fromkeys((folder, here)) for path in sorted(place.glob("*.broken-*.json"))
    ]
    if broken:
        names = ", ".join(path.name for path in broken[:3]) + (" and more" if len(broken) > 3 else "")
        yield Finding("kept aside", WARNING, names, "Delete these files if you do not miss anything.")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free < DISK_GB:
        return Finding(
            "disk", WARNING, f"{free:.1f} GB free", "Free some space: notebooks could not be saved."
        )
    return Finding("disk", OK, f"{free:.0f} GB free")


def _memory() -> Finding:
    free = _free_memory()
    if free is None:
        return Finding("memory", OK, "this system does not tell")
    if free < MEMORY_GB:
        return Finding(
            "memory", WARNING, f"{free:.1f} GB free", "Close other programs and notebooks that run."
        )
    return Finding("memory", OK, f"{free:.1f} GB free")


def _free_memory() -> float | None:
    """Return the free memory in GB, or None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))) / 1e6
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, OSError, ValueError):
        return None

"""Builds the wheel of the learner's part: the package `headstart` alone, with what learners need to run it.

Called by `contents.py`. The project's own distribution holds `autograder` too, so students get another one. Its
metadata come from the project's pyproject.toml. The same source gives the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

DISTRIBUTION = "headstart-learner"
PACKAGE = "headstart"
EXTRAS = ("lab", "keras")
_EARLIEST = "315532800"  # 1 January 1980, the first day that a zip can name
_BUILD = "import os; os.umask(0o022); from setuptools import build_meta; build_meta.build_wheel('.')"


class WheelError(RuntimeError):
    """The wheel cannot be built; the message says why."""


def learner_wheel(root: Path) -> tuple[str, bytes]:
    """Return the file name and the content of the wheel of the learner's package.

    Args:
        root: the course's root, with pyproject.toml and the folder headstart/.

    Raises:
        WheelError: there is no package here, or setuptools could not build it.
    """
    for name in ("pyproject.toml", "LICENSE", f"{PACKAGE}/__init__.py"):
        if not (root / name).is_file():
            raise WheelError(f"{root / name}: no such file; the learner's package is made from it.")
    with tempfile.TemporaryDirectory(prefix="headstart-wheel-") as name:
        work = Path(name)
        (work / "pyproject.toml").write_text(_pyproject(root), encoding="utf-8")
        shutil.copyfile(root / "LICENSE", work / "LICENSE")
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(root / PACKAGE, work / PACKAGE, copy_function=shutil.copyfile, ignore=ignored)
        # The same rights for every file, whatever they are in the checkout: the wheel records them.
        for path in work.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": _EARLIEST, "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _BUILD],
            cwd=work,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        wheels = list(work.glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
            raise WheelError(f"setuptools could not build the wheel of {PACKAGE!r}: {last}")
        return wheels[0].name, wheels[0].read_bytes()


def _pyproject(root: Path) -> str:
    """Return the pyproject.toml of the learner's distribution."""
    whole = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project, setuptools = whole["project"], whole["tool"]["setuptools"]
    tables: dict[str, dict[str, Any]] = {
        "build-system": whole["build-system"],
        "project": {
            "name": DISTRIBUTION,
            "version": project["version"],
            "description": "The learner's library of Headstart, a Jupyter course on pre-trained models.",
            "requires-python": project["requires-python"],
            "license": project["license"],
            "license-files": ["LICENSE"],
            "dependencies": project["dependencies"],
        },
        "project.optional-dependencies": {
            name: project["optional-dependencies"][name]
            for name in EXTRAS
            if name in project["optional-dependencies"]
        },
        "project.scripts": {PACKAGE: project["scripts"][PACKAGE]},
        "tool.setuptools.packages.find": {"include": [f"{PACKAGE}*"]},
        "tool.setuptools.data-files": setuptools["data-files"],
        "tool.setuptools.package-data": {PACKAGE: setuptools["package-data"][PACKAGE]},
    }
    # Texts and lists of texts are written in TOML as in JSON.
    return "\n".join(
        f"[{name}]\n" + "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )

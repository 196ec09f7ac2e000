"""Runs the lessons and keeps them with their outputs. Called by build.py, by the benchmark of the site and its tests.

Committed lessons have no outputs. What a run gives is kept below `.cache/`, which git ignores, under a name made
from all that decides it: the notebook itself, and the part of `headstart` that computes. So a lesson runs again
only when one of them has changed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from notebook_client import NotebookClient  # noqa: E402  (the folder of our tools is no package)

CACHE = ROOT / ".cache" / "site" / "executed"
AT_ONCE = 2  # lessons that run side by side, one thread each
SECONDS_FOR_A_CELL = 600
# What talks with the learner decides no result: the pages draw questions and guesses anew.
WITHOUT_RESULTS = {
    *("__init__.py", "cli.py", "examples.py", "exercises", "practice", "progress.py", "questions", "review"),
    "state_file.py",
}
# A reader's own settings must not show in the pages.
HIDDEN = ("HEADSTART_HOME", "HEADSTART_LEARNER", "HEADSTART_PROFILE", "JUPYTERHUB_USER", "NBGRADER_EXECUTION")


def library_digest(root: Path = ROOT) -> str:
    """Return a digest of the files of `headstart` that lessons compute with."""
    digest = hashlib.sha256()
    folder = root / "headstart"
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix in (".py", ".safetensors") and name.parts[0] not in WITHOUT_RESULTS:
            digest.update(f"{name.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def kept_path(notebook: Path, cache: Path = CACHE) -> Path:
    """Return where the outputs of the notebook at `notebook` are kept, whether it has run or not."""
    content = notebook.read_bytes() + library_digest().encode()
    return cache / f"{notebook.stem}-{hashlib.sha256(content).hexdigest()[:16]}.ipynb"


def execute(notebook: Path, cache: Path = CACHE) -> Path:
    """Return the path of the notebook with its outputs; run it where it has not run before.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell stopped with an error.
    """
    kept = kept_path(notebook, cache)
    if kept.is_file():
        return kept
    content = nbformat.read(notebook, as_version=4)
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    environment |= {"HEADSTART_PROFILE": "offline", "HEADSTART_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(prefix="headstart-site-") as folder:
        client = NotebookClient(
            content,
            timeout=SECONDS_FOR_A_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=environment)
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: a stopped run must not leave half a notebook for the next one.
    part = kept.with_suffix(f".{os.getpid()}.part")
    nbformat.write(content, part)
    part.replace(kept)
    for old in kept.parent.glob(f"{notebook.stem}-*.ipynb"):
        if old != kept:
            old.unlink()
    return kept


def execute_all(
    notebooks: Iterable[Path], report: Callable[[str], None] = print, cache: Path = CACHE
) -> dict[str, Path]:
    """Run the notebooks that have not run; return the path of each with its outputs, by name."""
    paths = list(notebooks)
    waiting = [path for path in paths if not kept_path(path, cache).is_file()]
    if waiting:
        report(f"running {len(waiting)} of {len(paths)} lessons; each is kept until it changes")
        with ProcessPoolExecutor(max_workers=AT_ONCE, mp_context=get_context("spawn")) as pool:
            for path, _ in zip(waiting, pool.map(partial(execute, cache=cache), waiting), strict=True):
                report(f"  {path.stem}")
    return {path.stem: kept_path(path, cache) for path in paths}

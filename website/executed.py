"""Runs the lessons and keeps them with their outputs. Called by build.py, by the benchmark of the site and its tests.

Committed lessons have no outputs. What a run gives is kept below `.cache/`, which git ignores, under a name made
from all that decides it: the code of the notebook, and the part of `headstart` that computes. So a lesson runs
again only when one of them has changed, and not for a change in its text.
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
# The part of `headstart` that computes. The rest talks with the learner: pages draw questions and guesses anew.
COMPUTES = {
    *(
        "data.py",
        "letters.py",
        "models",
        "photos.py",
        "plots.py",
        "pretraining.py",
        "profiles.py",
        "scenes.py",
    ),
    *("tasks.py", "training.py"),
}
# A reader's own settings must not show in the pages.
HIDDEN = ("HEADSTART_HOME", "HEADSTART_LEARNER", "HEADSTART_PROFILE", "JUPYTERHUB_USER", "NBGRADER_EXECUTION")


def library_digest(root: Path = ROOT) -> str:
    """Return a digest of the files of `headstart` that lessons compute with."""
    digest = hashlib.sha256()
    folder = root / "headstart"
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix in (".py", ".safetensors") and name.parts[0] in COMPUTES:
            digest.update(f"{name.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def kept_path(notebook: Path, cache: Path = CACHE) -> Path:
    """Return where the outputs of the notebook at `notebook` are kept, whether it has run or not."""
    sources = [cell.source for cell in code_cells(nbformat.read(notebook, as_version=4))]
    content = "\0".join([library_digest(), *sources]).encode()
    return cache / f"{notebook.stem}-{hashlib.sha256(content).hexdigest()[:16]}.ipynb"


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def with_outputs(notebook: Path, kept: Path) -> nbformat.NotebookNode:
    """Return the notebook as it is now, with the outputs kept for its code.

    Raises:
        ValueError: `kept` is of other code.
    """
    content, run = nbformat.read(notebook, as_version=4), nbformat.read(kept, as_version=4)
    if [cell.source for cell in code_cells(content)] != [cell.source for cell in code_cells(run)]:
        raise ValueError(f"{kept} holds outputs of other code than {notebook} has; run the notebook again")
    for cell, executed in zip(code_cells(content), code_cells(run), strict=True):
        cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    return content


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

"""What a build makes and how it gets to disk. Called by `build_course`, which is what `make build` runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from headstart.whole_files import write_whole

FOLDER = r"\d\d_[a-z0-9_]+"
# The files that belong to the build, below the course's root. Others in the same folders are left alone.
OWNED = {
    "lessons": re.compile(rf"lessons/({FOLDER}\.ipynb|glossary\.ipynb|cheat_sheet\.html)"),
    "solutions": re.compile(rf"solutions/{FOLDER}/(quiz|exercises)\.ipynb"),
    "quizzes": re.compile(rf"quizzes/{FOLDER}/(quiz|exercises)\.ipynb"),
    "headstart/exercises/bank": re.compile(rf"headstart/exercises/bank/{FOLDER}\.json"),
    "headstart/flashcards": re.compile(r"headstart/flashcards/cards\.json"),
    "headstart/overview": re.compile(r"headstart/overview/asked\.json"),
    "headstart/questions/bank": re.compile(rf"headstart/questions/bank/{FOLDER}\.json"),
}


def differences(root: Path, outputs: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return what differs between `outputs` and the disk: files to write, and files whose source is gone.

    Args:
        root: the course's root.
        outputs: text by path relative to the root, with `/` between the parts.
    """
    stale = [name for name, text in outputs.items() if _read(root / name) != text.encode("utf-8")]
    present = {
        path.relative_to(root).as_posix()
        for folder in OWNED
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    orphans = [
        name
        for name in present - outputs.keys()
        if any(pattern.fullmatch(name) for pattern in OWNED.values())
    ]
    return sorted(stale), sorted(orphans)


def write(path: Path, text: str) -> None:
    """Write `text` to `path` as a whole or not at all; a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode("utf-8"))


def remove(path: Path) -> None:
    """Remove the file `path`, and its folder if nothing else is in it."""
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

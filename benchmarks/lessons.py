"""Print how long each lesson takes here, which of its cells are slowest, and how much memory it needs.

    python benchmarks/lessons.py [LESSON ...]        for example: 07_freezing

The limits of the course on two CPU cores: 20 s for a training cell, 90 s for a lesson.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SLOWEST = 3
CELL_LIMIT = 20.0
LESSON_LIMIT = 90.0


def time_cells(path: Path) -> list[tuple[float, str]]:
    """Execute the notebook at `path` in an empty folder; return (seconds, first line) for each code cell."""
    notebook = nbformat.read(path, as_version=4)
    seconds = []
    started = {}

    def begin(cell, cell_index):
        started[cell_index] = time.perf_counter()

    def end(cell, cell_index, **_):
        first_line = next((line for line in cell.source.splitlines() if line.strip()), "")
        seconds.append((time.perf_counter() - started[cell_index], first_line))

    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            on_cell_start=begin,
            on_cell_executed=end,
        )
        client.execute()
    return seconds


def main(wanted: list[str]) -> int:
    lessons = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
    chosen = [path for path in lessons if not wanted or path.stem in wanted]
    if not chosen:
        names = ", ".join(path.stem for path in lessons) or "none; run `make build` first"
        print(f"no lesson is called {', '.join(wanted) or 'anything'}; there are: {names}", file=sys.stderr)
        return 2
    table = Table(title="Lessons on this machine (seconds)")
    for column in ("lesson", "in all", "limit", "slowest cells", "peak memory, MB"):
        table.add_column(column, justify="left" if column in ("lesson", "slowest cells") else "right")
    for path in chosen:
        before = time.perf_counter()
        cells = time_cells(path)
        total = time.perf_counter() - before
        slowest = sorted(cells, reverse=True)[:SLOWEST]
        shown = "\n".join(
            f"{seconds:5.1f}{' over the limit' if seconds > CELL_LIMIT else ''}  {line[:60]}"
            for seconds, line in slowest
        )
        # The largest child so far: an upper bound for every lesson but the largest.
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        mark = " over" if total > LESSON_LIMIT else ""
        table.add_row(path.stem, f"{total:.1f}{mark}", f"{LESSON_LIMIT:.0f}", shown, f"≤ {memory:.0f}")
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

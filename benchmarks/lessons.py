"""Print what each lesson costs here: seconds, its slowest cell, peak memory, cells; and the sum against the bars.

    python benchmarks/lessons.py [LESSON ...]        for example: 07_freezing

The bars, on two CPU cores: 8 minutes for all lessons, 90 s for one, 30 s for a cell, 2 GB of memory for a lesson.
The exit status is 1 if one is not met. The seconds of a lesson hold everything, the start of its kernel too.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from notebook_client import NotebookClient  # noqa: E402  (the folder of our tools is no package)

COURSE_LIMIT, LESSON_LIMIT, CELL_LIMIT = 480.0, 90.0, 30.0  # seconds
MEMORY_LIMIT = 2000.0  # MB, what Binder gives
FIRST_LINE = 32  # characters of a cell's first line that fit into the table

# Asked of the kernel after the last cell: its highest memory so far, in MB. Children are not added: a process that
# is forked for a moment shares its parent's memory and would count it twice.
PEAK = """
import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
"""


@dataclass(frozen=True)
class Cost:
    """What one lesson costs: seconds in all, cells, the slowest cell (seconds, first line), peak memory in MB."""

    seconds: float
    cells: int
    slowest: tuple[float, str]
    memory: float


def cost_of(path: Path) -> Cost:
    """Execute the notebook at `path` in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    count = len(notebook.cells)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    started: dict[int, float] = {}
    cells: list[tuple[float, str]] = []

    def begin(cell: nbformat.NotebookNode, cell_index: int) -> None:
        started[cell_index] = time.perf_counter()

    def end(cell: nbformat.NotebookNode, cell_index: int, **_: object) -> None:
        first_line = next((line for line in cell.source.splitlines() if line.strip()), "")
        if cell_index < count:
            cells.append((time.perf_counter() - started[cell_index], first_line))

    before = time.perf_counter()
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
    seconds = time.perf_counter() - before
    return Cost(seconds, count, max(cells), memory=float(notebook.cells[-1].outputs[0].text))


def against(value: float, limit: float, shown: str = "{:.1f}") -> Text:
    """Write a value, in red with the word "over" if it is above the limit."""
    return Text(shown.format(value)) if value <= limit else Text(f"{shown.format(value)} over", style="red")


def main(wanted: list[str]) -> int:
    """Print the table; return 0 if every bar is met, 1 if not, 2 if there is no such lesson."""
    lessons = {path.stem: path for path in sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))}
    unknown = [name for name in wanted if name not in lessons]
    if unknown or not lessons:
        names = ", ".join(lessons) or "none; run `make build` first"
        print(f"no lesson is called {', '.join(unknown) or 'anything'}; there are: {names}", file=sys.stderr)
        return 2
    costs = {name: cost_of(lessons[name]) for name in wanted or lessons}

    table = Table(title="Lessons on this machine")
    table.add_column("lesson", no_wrap=True)
    for column in ("cells", "seconds", "slowest cell, s", "peak memory, MB"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("which cell that is", no_wrap=True)
    for name, cost in costs.items():
        table.add_row(
            name,
            str(cost.cells),
            against(cost.seconds, LESSON_LIMIT),
            against(cost.slowest[0], CELL_LIMIT),
            against(cost.memory, MEMORY_LIMIT, "{:.0f}"),
            Text(cost.slowest[1][:FIRST_LINE]),
        )
    total = sum(cost.seconds for cost in costs.values())
    table.add_section()
    table.add_row(
        f"all {len(costs)}", str(sum(cost.cells for cost in costs.values())), against(total, COURSE_LIMIT)
    )
    table.add_row(
        "bars", "", f"{COURSE_LIMIT:.0f}; each {LESSON_LIMIT:.0f}", f"{CELL_LIMIT:.0f}", f"{MEMORY_LIMIT:.0f}"
    )
    Console(width=120).print(table)
    met = total <= COURSE_LIMIT and all(
        cost.seconds <= LESSON_LIMIT and cost.slowest[0] <= CELL_LIMIT and cost.memory <= MEMORY_LIMIT
        for cost in costs.values()
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

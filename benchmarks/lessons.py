"""Print what each lesson costs here: seconds, its slowest cell, peak memory, cells; and the sum against the bars.

    python benchmarks/lessons.py [LESSON ...]        for example: 07_freezing
    python benchmarks/lessons.py --imagenet [LESSON ...]

The bars, on two CPU cores: 8 minutes for all lessons, 90 s for one, 30 s for a cell, 2 GB of memory for a lesson.
The exit status is 1 if one is not met. The seconds of a lesson hold everything, the start of its kernel too.

With `--imagenet`, the lessons that have a task run in that profile, on a GPU where there is one: ResNet-18 with
weights of chance and photographs made here, as many as of Oxford-IIIT Pet. The accuracies mean nothing then, the
times and the memory do. The one bar is the GPU memory that the profile asks for before it starts. Without a GPU this
takes hours, and the memory, that of the whole process, has no bar.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from notebook_client import NotebookClient  # noqa: E402  (the folder of our tools is no package)
from stand_in_cache import has_a_task, settings_for, write_pets, write_random_weights  # noqa: E402

from headstart.photos import TEST_PER_CLASS, TRAIN_PER_CLASS, VAL_PER_CLASS  # noqa: E402
from headstart.tasks import GPU_MEMORY  # noqa: E402

NO_LIMIT = float("inf")
LIMITS = {"course": 480.0, "lesson": 90.0, "cell": 30.0, "memory": 2000.0}  # seconds; MB, what Binder gives
IMAGENET_LIMITS = dict.fromkeys(LIMITS, NO_LIMIT) | (
    {"memory": 1024 * GPU_MEMORY} if torch.cuda.is_available() else {}
)
FIRST_LINE = 28  # characters of a cell's first line that fit into the table

# Asked of the kernel after the last cell: its highest memory so far, in MB, on the GPU if it has used one; and what it
# has learned. Children are not added: a process that is forked for a moment shares its parent's memory and would count
# it twice.
ASK = """
import json, resource, sys
import torch
in_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
on_gpu = torch.cuda.max_memory_reserved() / 2**20 if torch.cuda.is_initialized() else 0
print(json.dumps([on_gpu or in_memory, str(globals().get("task", ""))]))
"""


@dataclass(frozen=True)
class Cost:
    """A lesson's seconds, cells, slowest cell (seconds, first line), peak memory in MB, and task."""

    seconds: float
    cells: int
    slowest: tuple[float, str]
    memory: float
    task: str


def cost_of(path: Path, settings: dict[str, str]) -> Cost:
    """Execute the notebook at `path` in an empty folder, with these `settings` in the environment."""
    notebook = nbformat.read(path, as_version=4)
    count = len(notebook.cells)
    notebook.cells.append(nbformat.v4.new_code_cell(ASK))
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
            timeout=600 if not settings else None,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            on_cell_start=begin,
            on_cell_executed=end,
        )
        client.execute(env=os.environ | settings)
    seconds = time.perf_counter() - before
    memory, task = json.loads(notebook.cells[-1].outputs[0].text)
    return Cost(seconds, count, max(cells), memory, task)


def imagenet_settings(folder: Path) -> dict[str, str]:
    """Make photographs and weights in `folder`; return the environment in which the lessons take them."""
    write_pets(folder / "photos", trainval=TRAIN_PER_CLASS + VAL_PER_CLASS, test=TEST_PER_CLASS)
    write_random_weights(folder / "torch")
    return settings_for(folder, "pets", "cuda" if torch.cuda.is_available() else "cpu")


def against(value: float, limit: float, shown: str = "{:.1f}") -> Text:
    """Write a value, in red with the word "over" if it is above the limit."""
    return Text(shown.format(value)) if value <= limit else Text(f"{shown.format(value)} over", style="red")


def table_of(costs: dict[str, Cost], title: str, limits: dict[str, float]) -> Table:
    """Return the table: a row for each lesson, one for all of them, one for the bars."""
    table = Table(title=title)
    table.add_column("lesson", no_wrap=True)
    for column in ("cells", "seconds", "slowest cell, s", "peak memory, MB"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("which cell that is", no_wrap=True)
    for name, cost in costs.items():
        table.add_row(
            name,
            str(cost.cells),
            against(cost.seconds, limits["lesson"]),
            against(cost.slowest[0], limits["cell"]),
            against(cost.memory, limits["memory"], "{:.0f}"),
            Text(cost.slowest[1][:FIRST_LINE]),
        )
    table.add_section()
    total = sum(cost.seconds for cost in costs.values())
    cells = str(sum(cost.cells for cost in costs.values()))
    table.add_row(f"all {len(costs)}", cells, against(total, limits["course"]))
    shown = {name: "" if limit == NO_LIMIT else f"{limit:.0f}" for name, limit in limits.items()}
    seconds = f"{shown['course']}; each {shown['lesson']}" if shown["course"] else ""
    table.add_row("bars", "", seconds, shown["cell"], shown["memory"])
    return table


def main(wanted: list[str], imagenet: bool) -> int:
    """Print the table; return 0 if every bar is met, 1 if not, 2 if there is no such lesson."""
    lessons = {path.stem: path for path in sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))}
    if imagenet:
        lessons = {name: path for name, path in lessons.items() if has_a_task(path)}
    unknown = [name for name in wanted if name not in lessons]
    if unknown or not lessons:
        names = ", ".join(lessons) or "none; run `make build` first"
        print(f"no lesson is called {', '.join(unknown) or 'anything'}; there are: {names}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        settings = imagenet_settings(Path(folder)) if imagenet else {}
        costs = {name: cost_of(lessons[name], settings) for name in wanted or lessons}
    strangers = [name for name, cost in costs.items() if imagenet and not cost.task.startswith("imagenet")]
    if strangers:
        print(f"the profile imagenet was not available to {', '.join(strangers)}", file=sys.stderr)
        return 1
    limits = IMAGENET_LIMITS if imagenet else LIMITS
    title = next(iter(costs.values())).task if imagenet else "Lessons on this machine"
    Console(width=120).print(table_of(costs, title, limits))
    met = sum(cost.seconds for cost in costs.values()) <= limits["course"] and all(
        cost.seconds <= limits["lesson"]
        and cost.slowest[0] <= limits["cell"]
        and cost.memory <= limits["memory"]
        for cost in costs.values()
    )
    return 0 if met else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Print what each lesson costs here.")
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="for example 07_freezing; default: all")
    parser.add_argument(
        "--imagenet", action="store_true", help="run in the profile imagenet, on what is made here"
    )
    arguments = parser.parse_args()
    sys.exit(main(arguments.lessons, arguments.imagenet))

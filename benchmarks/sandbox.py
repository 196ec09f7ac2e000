"""Print what a confined kernel costs beside a plain one: time until ready, time to end, private memory.

    python benchmarks/sandbox.py [RUNS]        default: 5 plain kernels, 15 confined ones

Ready means: a cell that imports torch has answered. The bars: a ready kernel in under 0.5 s (median) once the
zygote is up, and less than 80 MB of private memory. The two kinds take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable

import nbformat
from nbclient import NotebookClient
from rich.console import Console
from rich.table import Table

from autograder.sandbox import Sandbox
from autograder.sandbox.provisioner import SandboxKernelManager, shared_sandbox
from autograder.sandbox.usage import family, memory

READY_LIMIT, MEMORY_LIMIT = 0.5, 80.0
PLAIN = "plain kernel"
CONFINED = "confined kernel"
WORKER = "confined worker"
ENTRY = "autograder.sandbox.probes:serve"
IMPORT = "import torch, torchvision"


def measure_kernel(confined: bool, folder: str) -> tuple[float, float, float]:
    """Start a kernel, import torch in it, end it; return (seconds to ready, private MB, seconds to end)."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(IMPORT)]
    settings = {"kernel_manager_class": SandboxKernelManager} if confined else {}
    began = time.perf_counter()
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=120,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": folder}},
        **settings,
    )
    with client.setup_kernel():
        client.execute_cell(notebook.cells[0], 0)
        ready = time.perf_counter() - began
        provisioner = client.km.provisioner
        if confined:
            private = provisioner._tenancy.usage()["private_mb"]
        else:
            private = memory(family([provisioner.pid])).private / 2**20
        began = time.perf_counter()
    return ready, private, time.perf_counter() - began


def measure_worker(sandbox: Sandbox) -> tuple[float, float, float]:
    """Open a room with a worker, wait for one answer, end it; return the same three numbers."""
    began = time.perf_counter()
    with sandbox.worker(ENTRY) as worker:
        worker.request({"source": f"def attack():\n    {IMPORT}\n"})
        ready = time.perf_counter() - began
        private = worker.tenancy.usage()["private_mb"]
        began = time.perf_counter()
    return ready, private, time.perf_counter() - began


def main(runs: int) -> int:
    """Measure, print the table, return 0 if the bars are met."""
    began = time.perf_counter()
    sandbox = shared_sandbox()
    up = time.perf_counter() - began
    results: dict[str, list[tuple[float, float, float]]] = {PLAIN: [], CONFINED: [], WORKER: []}
    with tempfile.TemporaryDirectory() as folder:
        kinds: dict[str, Callable[[], tuple[float, float, float]]] = {
            CONFINED: lambda: measure_kernel(True, folder),
            WORKER: lambda: measure_worker(sandbox),
        }
        for _ in range(runs):
            results[PLAIN].append(measure_kernel(False, folder))
            for name, measure in kinds.items():
                results[name] += [measure() for _ in range(3)]
    table = Table(title=f"Kernels with torch imported: medians (and the worst); zygote up after {up:.1f} s")
    for column in ("", "runs", "ready, s", "private, MB", "ended, s", "times faster", "times less memory"):
        table.add_column(column, justify="left" if not column else "right")
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in results.items()
    }
    for name, rows in results.items():
        worst = [max(column) for column in zip(*rows, strict=True)]
        shown = [f"{middle:.2f} ({most:.2f})" for middle, most in zip(medians[name], worst, strict=True)]
        ratios = [f"{plain / own:.1f}" for plain, own in zip(medians[PLAIN], medians[name], strict=True)]
        table.add_row(name, str(len(rows)), *shown, *ratios[:2])
    Console(width=120).print(table)
    ready, private, _ = medians[CONFINED]
    met = ready < READY_LIMIT and private < MEMORY_LIMIT
    print(
        f"ready {ready:.2f} s, bar {READY_LIMIT} s; private {private:.0f} MB, bar {MEMORY_LIMIT:.0f} MB: ",
        end="",
    )
    print("met" if met else "NOT met (is the machine busy?)")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))

"""Print how fast a question answers in JupyterLab: from the click to the frame that shows the reply.

    python benchmarks/questions.py [CLICKS]

The bar: 100 ms, for the median of each kind of question. Python judges in the notebook's kernel, so the way there and
back counts too. The exit status is 1 if the bar is not met, 2 if no browser is installed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from headstart.questions.banks import BANK_FOLDER, load_banks

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from answer_times import milliseconds_to_answer  # noqa: E402  (the folder of our tools is no package)
from lab_in_browser import (  # noqa: E402
    FLAGS,
    find_browser,
    open_and_run_all,
    running_lab,
    wait_until_run,
)

LIMIT = 100.0  # milliseconds
KINDS = ("single", "multiple", "ordering", "numeric")


def times(clicks: int, browser: str) -> dict[str, list[float]]:
    """Return the milliseconds of each click, by kind of question."""
    questions = [question for bank in load_banks(BANK_FOLDER) for question in bank.practice]
    shown = [next(question for question in questions if question.kind == kind) for kind in KINDS]
    cells = ["import headstart", *(f"headstart.question({question.id!r})" for question in shown)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch) / "work"
        folder.mkdir()
        nbformat.write(notebook, folder / "questions.ipynb")
        with running_lab(Path(scratch), folder) as lab:
            chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
            page = chromium.new_page(viewport={"width": 1200, "height": 3600})
            open_and_run_all(page, lab, "questions.ipynb")
            wait_until_run(page, seconds=60)
            page.wait_for_function(f"document.querySelectorAll('.hs-card').length === {len(shown)}")
            # For the first reply Python reads the bank; it is not counted.
            found = {
                kind: milliseconds_to_answer(page, ".hs-card", place, clicks + 1)[1:]
                for place, kind in enumerate(KINDS)
            }
            chromium.close()
    return found


def main(clicks: int = 30) -> int:
    """Print the table; return 0 if the bar is met, 1 if not, 2 without a browser."""
    browser = find_browser()
    if browser is None:
        print("no browser is installed: apt install chromium", file=sys.stderr)
        return 2
    table = Table(title=f"From the click to the reply in JupyterLab, ms ({clicks} clicks each)")
    for column in ("kind", "median", "slowest", "bar for the median"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    met = True
    for kind, values in times(clicks, browser).items():
        median = statistics.median(values)
        met = met and median <= LIMIT
        table.add_row(kind, f"{median:.0f}", f"{max(values):.0f}", f"{LIMIT:.0f}")
    Console(width=100).print(table)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))

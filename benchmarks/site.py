"""Print what the web site costs here: seconds to build it, the weight of its pages, how fast a question answers.

    python benchmarks/site.py

The bars, on two CPU cores: built in 120 s from notebooks that have run, no page above 1 MB before images, a question
answers within 100 ms of the click. Lessons that have not run yet run first and are not counted. The exit status is 1
if a bar is not met. The answer is timed from the click to the frame that shows the reply, in headless Chromium.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "website"), str(ROOT / "tools")]

from answer_times import milliseconds_to_answer  # noqa: E402
from executed import execute_all  # noqa: E402
from lab_in_browser import FLAGS, find_browser  # noqa: E402
from site_server import served  # noqa: E402

BUILD_LIMIT, PAGE_LIMIT, ANSWER_LIMIT = 120.0, 1_000_000, 100.0  # seconds, bytes, milliseconds
CARDS, CLICKS = ".hs-question", 20  # each question is answered so often


def seconds_to_build(out: Path) -> tuple[float, float]:
    """Build the site anew into `out`, from notebooks that have run; return seconds, and seconds of processor time."""
    command = [sys.executable, str(ROOT / "website" / "build.py"), "--out", str(out), "--work", f"{out}-work"]
    before, spent = time.perf_counter(), os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - spent.children_user - spent.children_system
    return time.perf_counter() - before, used


def weights(site: Path) -> dict[str, tuple[int, int]]:
    """Return for each page its bytes, and those with scripts and styles."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        names = re.findall(r'<script[^>]*? src="([^"?]+)', text)
        names += re.findall(r'<link rel="(?:stylesheet|preload)"[^>]*? href="([^"?]+)', text)
        names += re.findall(r'<link[^>]*? href="([^"?]+)[^>]*? rel="stylesheet"', text)
        files = {path, *((path.parent / name).resolve() for name in names)}
        total = sum(file.stat().st_size for file in files if file.is_file())
        found[path.relative_to(site).as_posix()] = (path.stat().st_size, total)
    return found


def times_to_answer(site: Path) -> list[float]:
    """Answer every question of every lesson in Chromium; return the milliseconds. Empty where there is no browser."""
    browser = find_browser()
    if browser is None:
        return []
    from playwright.sync_api import sync_playwright

    times: list[float] = []
    with sync_playwright() as playwright, served(site) as address:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page()
        for path in sorted((site / "lessons").glob("[0-9]*.html")):
            page.goto(f"{address}/lessons/{path.name}")
            for place in range(page.locator(CARDS).count()):
                times += milliseconds_to_answer(page, CARDS, place, CLICKS)
        chromium.close()
    return times


def against(value: float, limit: float, shown: str) -> Text:
    """Write a value, in red with the word "over" if it is above the limit."""
    return Text(shown) if value <= limit else Text(f"{shown} over", style="red")


def main() -> int:
    """Print the table; return 0 if every bar is met, 1 if not."""
    execute_all(sorted((ROOT / "lessons").glob("[0-9]*.ipynb")))
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        seconds, used = seconds_to_build(site)
        pages = weights(site)
        times = times_to_answer(site)
    page, (largest, _) = max(pages.items(), key=lambda item: item[1][0])
    heaviest, (_, weight) = max(pages.items(), key=lambda item: item[1][1])
    table = Table(title="The web site on this machine")
    table.add_column("what")
    for column in ("measured", "bar"):
        table.add_column(column, justify="right")
    table.add_column("where")
    table.add_row(
        "built from notebooks that have run, s",
        against(seconds, BUILD_LIMIT, f"{seconds:.0f}"),
        f"{BUILD_LIMIT:.0f}",
        f"{len(pages)} pages",
    )
    table.add_row("processor time of that, s", f"{used:.0f}", "", "what it takes on an idle machine, at most")
    table.add_row("largest page, kB", against(largest, PAGE_LIMIT, f"{largest / 1000:.0f}"), "1000", page)
    table.add_row(
        "heaviest page with scripts and styles, kB",
        against(weight, PAGE_LIMIT, f"{weight / 1000:.0f}"),
        "1000",
        heaviest,
    )
    median, slowest = (statistics.median(times), max(times)) if times else (0.0, 0.0)
    shown = f"{len(times)} answers" if times else "not measured: no browser is installed"
    table.add_row("a question answers, median, ms", f"{median:.0f}" if times else "", "", shown)
    table.add_row(
        "a question answers, slowest, ms",
        against(slowest, ANSWER_LIMIT, f"{slowest:.0f}") if times else "",
        f"{ANSWER_LIMIT:.0f}",
        "",
    )
    Console(width=120).print(table)
    met = seconds <= BUILD_LIMIT and max(largest, weight) <= PAGE_LIMIT and slowest <= ANSWER_LIMIT
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

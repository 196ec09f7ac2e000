"""Times grading: the same class with stock `nbgrader autograde` and with `autograder grade`, in one run.

    python benchmarks/grading.py                   # 20 submissions, both graders, one after the other
    python benchmarks/grading.py --class 200       # a large class with `autograder grade` alone: rate, memory

Of 20 submissions 9 are right, 9 wrong, one never ends and one ends its process. Stock nbgrader runs with its own
defaults; `--tuned` ends its kernels without waiting, which is what this course's configuration does.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "nbgrader"))

from classroom import (  # noqa: E402
    LESSONS,
    QUIZZES,
    STOCK,
    Work,
    environment,
    hand_in,
    make_course,
    mistaken,
    nbgrader,
    right,
)

UNTUNED = """
del c.Execute["timeout"]
del c.Execute["shutdown_kernel"]
"""
TARGET = 15.0


@dataclass
class Measured:
    """One run of a grader.

    Attributes:
        total: seconds, start-up included.
        startup: seconds until the first submission began.
        each: seconds by student.
        peak_mb: most memory of all its processes together, shared pages counted once.
        memory: (seconds since the start, MiB, submissions done) over time.
    """

    total: float = 0.0
    startup: float = 0.0
    each: dict[str, float] = field(default_factory=dict)
    in_cells: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    memory: list[tuple[float, float, int]] = field(default_factory=list)


def build_class(root: Path, assignment: str, count: int) -> tuple[list[str], list[str]]:
    """Make a course with `count` submissions; return the honest students and the others."""
    make_course(root)
    nbgrader(root, "generate_assignment", assignment)
    lesson, questions = LESSONS[assignment], QUIZZES[assignment]
    honest, others = [], []
    for number in range(count):
        student = f"student{number:03}"
        solved = {exercise.name: exercise.solution_source for exercise in lesson.exercises}
        first = lesson.exercises[0].name
        work = Work(code=solved, typed={q.id: right(q, student) for q in questions}, id_typed=student)
        place = number % 20
        if place == 18:
            work.code[first] = f"def {first}(*arguments):\n    while True:\n        pass\n"
        elif place == 19:
            work.code[first] = f"import os\n\n\ndef {first}(*arguments):\n    os._exit(0)\n"
        elif place % 2:
            for exercise in lesson.exercises:
                bank = sorted((lesson.answers_path / exercise.name).glob("wrong_*.py"))
                bank = [path for path in bank if "outcome: timeout" not in path.read_text(encoding="utf-8")]
                work.code[exercise.name] = bank[number % len(bank)].read_text(encoding="utf-8")
            work.typed = {q.id: mistaken(q, student) for q in questions}
        hand_in(root, student, assignment, work)
        (others if place >= 18 else honest).append(student)
    return honest, others


class Meter:
    """Samples the memory of a process and all below it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.done = 0
        self.samples: list[tuple[float, float, int]] = []
        self._process, self._started = psutil.Process(process.pid), time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            used = 0
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.Error:
                return
            for process in family:
                try:
                    used += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.samples.append((time.monotonic() - self._started, used / 2**20, self.done))

    def close(self) -> list[tuple[float, float, int]]:
        """Stop sampling; return the samples."""
        self._stop.set()
        self._thread.join()
        return self.samples


def started(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env=environment(root) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_stock(root: Path, assignment: str) -> Measured:
    """Grade with `nbgrader autograde`; a submission lasts from its first log line to the next one's."""
    measured, begin = Measured(), time.monotonic()
    process = started(root, "nbgrader", "autograde", assignment)
    meter, marks = Meter(process), []
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"Creating/updating student with ID '([^']+)'", line)
        if found:
            marks.append((found.group(1), time.monotonic()))
            meter.done = len(marks) - 1
    process.wait()
    end = time.monotonic()
    measured.memory, measured.total = meter.close(), end - begin
    measured.startup = marks[0][1] - begin
    for (student, at), (_, following) in zip(marks, [*marks[1:], ("", end)], strict=True):
        measured.each[student] = following - at
    measured.peak_mb = max(used for _, used, _ in measured.memory)
    return measured


def run_ours(root: Path, assignment: str, options: Iterable[str] = ()) -> Measured:
    """Grade with `autograder grade`; seconds are those that its log gives for each submission."""
    measured, begin = Measured(), time.monotonic()
    log = root / "log.jsonl"
    process = started(root, "autograder.cli", "grade", assignment, "--json-log", str(log), *options)
    meter = Meter(process)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        meter.done += re.match(r"student\d+: ", line) is not None
    process.wait()
    measured.total = time.monotonic() - begin
    measured.memory = meter.close()
    if process.returncode not in (0, 1, 3):
        raise SystemExit(f"autograder grade ended with status {process.returncode}:\n{''.join(said)}")
    for entry in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
        if entry["event"] == "submission":
            measured.each[entry["student"]] = entry["seconds"]
            measured.in_cells[entry["student"]] = entry["seconds_in_cells"]
        elif entry["event"] == "end":
            measured.startup = measured.total - entry["seconds"] + entry["startup_seconds"]
    measured.peak_mb = max(used for _, used, _ in measured.memory)
    return measured


def median(measured: dict[str, float], students: list[str]) -> float:
    return statistics.median(measured[student] for student in students if student in measured)


def compare(assignment: str, count: int, tuned: bool, options: list[str]) -> bool:
    """Grade one class both ways and print the comparison; return whether the target is met."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        stock_root, our_root = Path(folder, "stock", "course"), Path(folder, "ours", "course")
        honest, others = build_class(our_root, assignment, count)
        build_class(stock_root, assignment, count)
        with open(stock_root / "nbgrader_config.py", "a", encoding="utf-8") as file:
            file.write(STOCK + ("" if tuned else UNTUNED))
        stock = run_stock(stock_root, assignment)
        ours = run_ours(our_root, assignment, options)
    rows = [
        ("total, start-up included (s)", stock.total, ours.total),
        ("start-up (s)", stock.startup, ours.startup),
        ("median per honest submission (s)", median(stock.each, honest), median(ours.each, honest)),
        (
            "wall clock per submission after start-up (s)",
            (stock.total - stock.startup) / count,
            (ours.total - ours.startup) / count,
        ),
        ("peak memory (MiB)", stock.peak_mb, ours.peak_mb),
    ]
    print(f"{assignment}, {count} submissions: {len(honest)} honest, {len(others)} that do not end properly")
    print(f"{'':46}{'nbgrader':>10}{'autograder':>12}{'ratio':>8}")
    for title, first, second in rows:
        print(f"{title:46}{first:10.2f}{second:12.2f}{first / max(second, 1e-9):8.1f}")
    print(
        f"floor: the students' own cells take {median(ours.in_cells, honest):.2f} s of an honest submission"
    )
    ratio = rows[2][1] / rows[2][2]
    print(f"median per honest submission: {ratio:.1f} times faster (target {TARGET:g})")
    return ratio >= TARGET


def large(assignment: str, count: int, options: list[str]) -> None:
    """Grade a large class and print rate and memory over time."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder, "course")
        build_class(root, assignment, count)
        ours = run_ours(root, assignment, options)
    rate = 60 * count / (ours.total - ours.startup)
    times = f"{ours.total:.0f} s, start-up {ours.startup:.0f} s"
    print(f"{assignment}, {count} submissions in {times}: {rate:.0f} a minute")
    print(f"{'graded':>8}{'seconds':>10}{'MiB, highest':>14}")
    edges = [round(count * part / 10) for part in range(11)]
    highest = []
    for low, high in itertools.pairwise(edges):
        part = [sample for sample in ours.memory if low <= sample[2] < high]
        if part:
            highest.append(max(used for _, used, _ in part))
            print(f"{high:8}{part[-1][0]:10.0f}{highest[-1]:14.0f}")
    if len(highest) > 3:
        # The first tenth is still filling caches; an endless loop may take more memory than its neighbours.
        half = len(highest) // 2
        early, late = statistics.median(highest[1:half]), statistics.median(highest[half:])
        print(f"first half {early:.0f} MiB, second half {late:.0f} MiB: {late - early:+.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assignment", default="01_confusion_matrix", choices=sorted(LESSONS))
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument(
        "--class", dest="large", type=int, metavar="N", help="grade N submissions, ours alone"
    )
    parser.add_argument(
        "--tuned", action="store_true", help="stock nbgrader with the course's kernel settings"
    )
    parser.add_argument("--jobs", help="processes of `autograder grade`")
    parser.add_argument("--seconds", help="time limit of a call in `autograder grade`")
    chosen = parser.parse_args()
    options = []
    for name in ("jobs", "seconds"):
        if getattr(chosen, name):
            options += [f"--{name}", getattr(chosen, name)]
    if chosen.large:
        large(chosen.assignment, chosen.large, options)
    elif not compare(chosen.assignment, chosen.students, chosen.tuned, options):
        sys.exit(1)


if __name__ == "__main__":
    main()

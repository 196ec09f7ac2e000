"""Hands hostile submissions in among honest ones, grades them, and looks at what was left. For tests and benchmark."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from catalogue import CodeAttack, FolderAttack
from classroom import LESSONS, QUIZZES, Work, environment, hand_in, mistaken, points, right
from grading_helpers import log_lines, mounts
from nbgrader.api import Gradebook

HONEST = ("aa-honest", "mm-honest", "zz-honest")
WATCHED = ("course", "solutions", "quizzes", "submitted", "nbgrader_config.py")


@dataclass
class Battle:
    """A course in which honest and hostile submissions are handed in.

    Attributes:
        root: the course.
        assignment: what is graded.
        token: a text that occurs nowhere else; it stands in the canary and on the command lines of leftovers.
        deserved: points of the honest students.
        hostile: attack by student.
    """

    root: Path
    assignment: str
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    deserved: dict[str, float] = field(default_factory=dict)
    hostile: dict[str, CodeAttack | FolderAttack] = field(default_factory=dict)

    @property
    def canary(self) -> Path:
        """A file outside of the course that everybody on the machine may read and write."""
        return self.root.parent / "canary.txt"

    def prepare(self, attacks: Iterable[CodeAttack | FolderAttack]) -> None:
        """Hand everything in."""
        self.canary.write_text(self.token, encoding="utf-8")
        self.canary.chmod(0o666)
        for number, student in enumerate(HONEST):
            self._hand_in_honest(student, number)
        for number, attack in enumerate(attacks):
            student = f"h{number:03}-{''.join(c if c.isalnum() else '-' for c in attack.name)}"
            self.hostile[student] = attack
            if isinstance(attack, CodeAttack):
                source = attack.source
                for word, text in (("CANARY", self.canary), ("COURSE", self.root), ("TOKEN", self.token)):
                    source = source.replace(f"@{word}@", str(text))
                hand_in(self.root, student, self.assignment, Work(code={attack.exercise: source}))
            else:
                first = LESSONS[self.assignment].exercises[0]
                work = Work(code={first.name: first.solution_source})
                attack.change(hand_in(self.root, student, self.assignment, work))

    def _hand_in_honest(self, student: str, number: int) -> None:
        lesson, questions = LESSONS[self.assignment], QUIZZES[self.assignment]
        solved = [exercise for place, exercise in enumerate(lesson.exercises) if (number + place) % 3]
        typed = {
            question.id: (right if (number + place) % 2 else mistaken)(question, student)
            for place, question in enumerate(questions)
        }
        work = Work(code={e.name: e.solution_source for e in solved}, typed=typed, id_typed=student)
        hand_in(self.root, student, self.assignment, work)
        self.deserved[student] = sum(exercise.max_points for exercise in solved) + sum(
            points(question, student, typed[question.id]) for question in questions
        )

    def watched(self) -> dict[str, tuple[int, int]]:
        """Return size and time of every file that grading must not touch."""
        found = {}
        for name in WATCHED:
            top = self.root / name
            paths = [top] if top.is_file() else [Path(d, n) for d, _, names in os.walk(top) for n in names]
            for path in paths:
                if "__pycache__" not in path.parts:
                    status = os.lstat(path)
                    found[str(path)] = (status.st_size, status.st_mtime_ns)
        status = os.lstat(self.canary)
        found[str(self.canary)] = (status.st_size, status.st_mtime_ns)
        found["beside the canary"] = (len(list(self.root.parent.iterdir())), 0)
        return found

    def scores(self) -> dict[str, list[float | None]]:
        """Return the automatic points of each student's submissions in the gradebook: one number, if all is well."""
        found: dict[str, list[float | None]] = {}
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "headstart") as gradebook:
            for submission in gradebook.assignment_submissions(self.assignment):
                cells = [grade.auto_score for notebook in submission.notebooks for grade in notebook.grades]
                total = None if None in cells else sum(cells)
                found.setdefault(submission.student_id, []).append(total)
        return found

    def leaked(self) -> list[str]:
        """Return the students whose graded notebooks show that they saw something."""
        return sorted(
            {
                path.relative_to(self.root / "autograded").parts[0]
                for path in (self.root / "autograded").rglob("*.ipynb")
                if f"LEAKED {self.token}" in shown_in(path)
            }
        )

    def leftovers(self) -> list[str]:
        """Return command lines of processes that carry the token."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if self.token in line:
                found.append(line)
        return found


def shown_in(path: Path) -> str:
    """Return all text that the cells of a notebook show."""
    outputs = [
        output
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
    ]
    return json.dumps(outputs)


@dataclass
class Aftermath:
    """What a run of a grader left: its exit status and words, seconds, and processes that outlived it."""

    status: int
    said: str
    seconds: float
    alive: list[str]
    mounts: int


class Follower:
    """Notes every process below a running one, to see later whether it is gone."""

    def __init__(self, pid: int) -> None:
        self._root, self._seen = psutil.Process(pid), {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stop.wait(0.1):
            try:
                for process in self._root.children(recursive=True):
                    self._seen[process.pid, process.create_time()] = process
            except psutil.Error:
                continue

    def still_alive(self) -> list[str]:
        """Stop following; return those that do not end within some seconds."""
        self._stop.set()
        self._thread.join()
        _, alive = psutil.wait_procs(list(self._seen.values()), timeout=15)
        return [f"{process.pid} {process.name()}" for process in alive if process.is_running()]


def run(root: Path, command: Sequence[str], seconds: float) -> Aftermath:
    """Run a grader in the course at `root` and wait for it; it gets `seconds`."""
    began, before = time.monotonic(), mounts()
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment(root) | {"HEADSTART_SECRET": "instructor"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )
    follower = Follower(process.pid)
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        said += "\nstopped: out of time"
    alive = follower.still_alive()
    return Aftermath(process.returncode, said, time.monotonic() - began, alive, mounts() - before)


def grade(battle: Battle, *options: str, prefix: Sequence[str] = (), seconds: float = 500) -> Aftermath:
    """Grade with `autograder grade`, with short limits."""
    limits = ("--notebook-seconds", "30", "--memory", "400", "--json-log", "log.jsonl")
    command = [*prefix, sys.executable, "-m", "autograder.cli", "grade", battle.assignment, *limits, *options]
    return run(battle.root, command, seconds)


def outcomes(battle: Battle) -> dict[str, dict]:
    """Return the entries of the log by student."""
    return {entry["student"]: entry for entry in log_lines(battle.root / "log.jsonl")}


def manual_scores(root: Path) -> int:
    """Return how many points in the gradebook were given by hand."""
    with sqlite3.connect(root / "gradebook.db") as connection:
        return connection.execute("SELECT count(*) FROM grade WHERE manual_score IS NOT NULL").fetchone()[0]

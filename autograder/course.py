"""The course folder: its lessons, their exercises and checks. Used by the build and the judge."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from autograder.checks import Check, collecting
from headstart.names import unknown_name

if TYPE_CHECKING:
    from autograder.build.percent import SourceCell
    from headstart.questions.schema import Question

_LESSON = re.compile(r"(\d\d)_([a-z0-9_]+)")
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_KEYS = ("exercise", "role", "tags")
ROLES = ("card", "solution", "stub", "examples", "explanation")


class CourseError(Exception):
    """Something in the course folder is not as it must be; the text names file and line."""


@dataclass(frozen=True)
class Exercise:
    """One graded exercise: its cells by role, its checks, and its code as released and as solved."""

    name: str
    lesson: Lesson = field(repr=False)
    cells: dict[str, SourceCell] = field(repr=False)
    checks: list[Check] = field(repr=False)

    @property
    def title(self) -> str:
        """The heading of the task card."""
        heading = (
            re.search(r"^#+\s*(.+?)\s*$", self.cells["card"].source, re.MULTILINE)
            if "card" in self.cells
            else None
        )
        return heading.group(1).replace("`", "") if heading else self.name

    @property
    def max_points(self) -> float:
        """The sum of the points of the checks."""
        return sum(check.points for check in self.checks)

    @property
    def solution_source(self) -> str:
        """The full source of the solution cell, markers included."""
        return self.cells["solution"].source

    @property
    def stub_source(self) -> str:
        """The code that students receive: the stub cell, or the solution cell with its solution taken out."""
        if "stub" in self.cells:
            return self.cells["stub"].source
        return without_solution(self.solution_source)


def without_solution(source: str) -> str:
    """Return `source` with each solution region replaced by `raise NotImplementedError`."""
    kept, inside = [], False
    for line in source.splitlines():
        if line.strip() == _BEGIN:
            inside = True
            kept.append(line[: line.index(_BEGIN)] + "raise NotImplementedError")
        elif line.strip() == _END:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


@dataclass(frozen=True)
class Lesson:
    """One lesson folder, `NN_slug`, and the paths of what is in it."""

    path: Path

    @property
    def assignment(self) -> str:
        """The folder's name, which is also the nbgrader assignment's name."""
        return self.path.name

    @property
    def number(self) -> int:
        """The lesson's number."""
        return int(self.assignment[:2])

    @property
    def slug(self) -> str:
        """The folder's name without its number."""
        return self.assignment[3:]

    @property
    def lesson_path(self) -> Path:
        """The lesson itself."""
        return self.path / "lesson.py"

    @property
    def quiz_path(self) -> Path:
        """The questions."""
        return self.path / "quiz.yaml"

    @property
    def exercises_path(self) -> Path:
        """The graded exercises."""
        return self.path / "exercises.py"

    @property
    def checks_path(self) -> Path:
        """The hidden checks."""
        return self.path / "checks.py"

    @property
    def answers_path(self) -> Path:
        """The bank of right and wrong answers."""
        return self.path / "answers"

    @property
    def has_exercises(self) -> bool:
        """Whether there are exercises beside the quiz: a lesson has both exercises.py and checks.py or neither."""
        return self.exercises_path.is_file() or self.checks_path.is_file()

    @cached_property
    def cells(self) -> list[SourceCell]:
        """All cells of exercises.py in order; none where the lesson has no exercises.

        Raises:
            CourseError: the file is missing beside a checks.py, or cannot be read as py:percent.
        """
        return _read_cells(self.exercises_path) if self.has_exercises else []

    @cached_property
    def checks(self) -> list[Check]:
        """All checks of the lesson, in the order of the file; none where the lesson has no exercises.

        Raises:
            CourseError: checks.py is missing beside an exercises.py, or stops with an error.
        """
        return load_checks(self.checks_path) if self.has_exercises else []

    @property
    def questions(self) -> tuple[Question, ...]:
        """The graded questions in the order of quiz.yaml; none where the lesson has no quiz.

        Raises:
            QuizFileError: the file is not in order.
        """
        if not self.quiz_path.is_file():
            return ()
        return _questions(self.quiz_path, self.quiz_path.stat().st_mtime_ns)

    @cached_property
    def exercise_cells(self) -> dict[str, dict[str, SourceCell]]:
        """The cells of each exercise by role, in the order of exercises.py.

        Raises:
            CourseError: a role is unknown, or an exercise has two cells of one role.
        """
        grouped: dict[str, dict[str, SourceCell]] = {}
        for cell in self.cells:
            name, role = cell.metadata.get("exercise"), cell.metadata.get("role")
            if name is None:
                continue
            where = f"{self.exercises_path}:{cell.line}: exercise {name!r}"
            if role not in ROLES:
                raise CourseError(f"{where}: role {role!r} is none of {', '.join(ROLES)}.")
            roles = grouped.setdefault(name, {})
            if role in roles:
                raise CourseError(f"{where}: there is a {role} cell already, in line {roles[role].line}.")
            roles[role] = cell
        return grouped

    @cached_property
    def exercises(self) -> list[Exercise]:
        """The lesson's exercises in the order of exercises.py.

        Raises:
            CourseError: an exercise is not complete, or a check names an exercise that is not there.
        """
        for check in self.checks:
            if check.exercise not in self.exercise_cells:
                error = unknown_name("exercise", check.exercise, self.exercise_cells)
                raise CourseError(f"{check.file}:{check.line}: {error}")
        return [self.exercise(name) for name in self.exercise_cells]

    def exercise(self, name: str) -> Exercise:
        """Return the lesson's exercise called `name`.

        Raises:
            UnknownName: there is none.
            CourseError: it has no solution cell or no check.
        """
        if name not in self.exercise_cells:
            raise unknown_name("exercise", name, self.exercise_cells)
        roles = self.exercise_cells[name]
        if "solution" not in roles:
            line = next(iter(roles.values())).line
            raise CourseError(
                f'{self.exercises_path}:{line}: exercise {name!r} has no cell with role="solution".'
            )
        checks = [check for check in self.checks if check.exercise == name]
        if not checks:
            raise CourseError(f"{self.checks_path}: exercise {name!r} has no check.")
        return Exercise(name, self, roles, checks)


@lru_cache(maxsize=32)
def _questions(path: Path, changed: int) -> tuple[Question, ...]:
    # A notebook asks for each of its questions by name, and to read a quiz means to try it on many learners.
    from autograder.build.quiz_file import load_quiz

    return tuple(load_quiz(path).questions)


def _read_cells(path: Path) -> list[SourceCell]:
    # Here and not above: the build imports this module.
    from autograder.build.errors import SourceError
    from autograder.build.percent import read_cells

    if not path.is_file():
        raise CourseError(f"{path}: no such file.")
    try:
        return read_cells(path.parent.parent.parent, path, _KEYS)
    except SourceError as error:
        raise CourseError(str(error)) from None


def load_checks(path: Path) -> list[Check]:
    """Run a lesson's checks.py as a module of its own and return its checks.

    Raises:
        CourseError: the file is missing, stops with an error, or defines a check twice.
    """
    if not path.is_file():
        raise CourseError(f"{path}: no such file.")
    module = ModuleType(f"checks_{path.parent.name}")
    module.__file__ = str(path)
    # Where annotations are postponed, a dataclass looks its module up by name.
    sys.modules[module.__name__] = module
    try:
        with collecting() as checks:
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
            exec(code, module.__dict__)
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno}: {error.msg}") from None
    except Exception as error:
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        raise CourseError(f"{path}:{lines[-1] if lines else 1}: {type(error).__name__}: {error}") from None
    seen: dict[tuple[str, str], Check] = {}
    for check in checks:
        first = seen.setdefault((check.exercise, check.id), check)
        if first is not check:
            raise CourseError(
                f"{path}:{check.line}: check {check.id!r} is defined already in line {first.line}."
            )
    return checks


@dataclass(frozen=True)
class Course:
    """The folder `course/` with its lessons."""

    path: Path

    @classmethod
    def find(cls) -> Course:
        """Find the course: `HEADSTART_COURSE`, else `course/` here or above, else beside this package.

        Raises:
            CourseError: there is none.
        """
        named = os.environ.get("HEADSTART_COURSE")
        if named:
            path = Path(named).resolve()
            if not _has_lessons(path):
                raise CourseError(f"HEADSTART_COURSE is {named!r}, where no lesson folder (NN_slug) is.")
            return cls(path)
        here = Path.cwd().resolve()
        candidates = [folder / "course" for folder in (here, *here.parents)]
        candidates.append(Path(__file__).resolve().parent.parent / "course")
        for path in candidates:
            if _has_lessons(path):
                return cls(path)
        raise CourseError(
            "no course found: run this inside the course's repository, or set HEADSTART_COURSE."
        )

    @cached_property
    def lessons(self) -> list[Lesson]:
        """All lessons in order."""
        return list(_lessons_in(self.path))

    def lesson(self, name: str) -> Lesson:
        """Return the lesson called `name`: "7", "07", "freezing" or "07_freezing".

        Raises:
            UnknownName: there is none; the message names the nearest.
        """
        for lesson in self.lessons:
            if name in (lesson.assignment, lesson.slug) or (name.isdecimal() and int(name) == lesson.number):
                return lesson
        raise unknown_name("lesson", name, [lesson.assignment for lesson in self.lessons])

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """All exercises of all lessons by name.

        Raises:
            CourseError: two lessons have an exercise of the same name, or a lesson is not in order.
        """
        found: dict[str, Exercise] = {}
        for lesson in self.lessons:
            for exercise in lesson.exercises:
                if exercise.name in found:
                    other = found[exercise.name].lesson.assignment
                    line = exercise.cells["solution"].line
                    raise CourseError(
                        f"{lesson.exercises_path}:{line}: exercise {exercise.name!r} exists in {other} too."
                    )
                found[exercise.name] = exercise
        return found

    def exercise(self, name: str) -> Exercise:
        """Return the exercise called `name`. Only lessons that mention it are loaded.

        Raises:
            UnknownName: there is none; the message names the nearest.
        """
        known: list[str] = []
        for lesson in self.lessons:
            if not lesson.exercises_path.is_file():
                continue
            if name in lesson.exercise_cells:
                return lesson.exercise(name)
            known += lesson.exercise_cells
        raise unknown_name("exercise", name, known)

    def question(self, question_id: str) -> Question:
        """Return the graded question with this id. The other lessons are read for the nearest names only.

        Raises:
            UnknownName: there is none; the message names the nearest.
            QuizFileError: a quiz.yaml is not in order.
        """
        slug = question_id.partition(".")[0]
        known: list[str] = []
        for lesson in sorted(self.lessons, key=lambda lesson: lesson.slug != slug):
            for question in lesson.questions:
                if question.id == question_id:
                    return question
                known.append(question.id)
        raise unknown_name("question", question_id, known)


def _has_lessons(path: Path) -> bool:
    return path.is_dir() and any(True for _ in _lessons_in(path))


def _lessons_in(path: Path) -> Iterator[Lesson]:
    for folder in sorted(path.iterdir()):
        if folder.is_dir() and _LESSON.fullmatch(folder.name):
            yield Lesson(folder)

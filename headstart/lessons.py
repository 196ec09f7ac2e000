"""The lessons of the course: their names, titles and exercises. Called by flashcards and progress."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from headstart.names import nearest, unknown_name
from headstart.questions import banks
from headstart.state_file import course_folder


@dataclass(frozen=True)
class Lesson:
    """A lesson: its folder's name (`07_freezing`), number, title, and the names of its exercises."""

    folder: str
    number: int
    title: str
    exercises: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The name without the number, which is the first part of its questions' ids."""
        return self.folder.split("_", 1)[1]

    @property
    def heading(self) -> str:
        """The title as the learner knows it: `Lesson 7 · Freezing`."""
        return f"Lesson {self.number} · {self.title}"


def load_lessons() -> tuple[Lesson, ...]:
    """Return the lessons in their order.

    Raises:
        FileNotFoundError: the course is not built.
    """
    return tuple(
        Lesson(bank.assignment, bank.number, bank.title, tuple(one.name for one in bank.about.exercises))
        for bank in banks.load_banks(banks.BANK_FOLDER)
    )


def find_lesson(name: str | int) -> Lesson:
    """Return the lesson that `name` stands for: `7`, `"07"`, `"freezing"`, `"07_freezing"`, or its title.

    Raises:
        UnknownName: there is none; the message names the nearest ones.
    """
    lessons = load_lessons()
    wanted = str(name).strip().casefold().removeprefix("lesson").strip()
    for lesson in lessons:
        known = {lesson.folder, lesson.slug, lesson.slug.replace("_", " "), lesson.title.casefold()}
        if wanted in known or (wanted.isdecimal() and int(wanted) == lesson.number):
            return lesson
    folders, slugs = [lesson.folder for lesson in lessons], [lesson.slug for lesson in lessons]
    # Where nothing is near, the list that is offered names each lesson once.
    raise unknown_name("lesson", str(name), folders + slugs if nearest(wanted, slugs) else folders)


def notebook_link(lesson: str, fragment: str = "") -> str | None:
    """Return the link from a notebook in the current folder to a lesson, or None outside the course's folder.

    Args:
        lesson: the lesson's folder name.
        fragment: the place in it, such as `"#cell-id=…"`.
    """
    return file_link(Path("lessons") / f"{lesson}.ipynb", fragment)


def file_link(path: Path, fragment: str = "") -> str | None:
    """Return the link from a notebook in the current folder to `path` in the course's folder, or None."""
    course = course_folder()
    if course is None or not (course / path).is_file():
        return None
    return Path(os.path.relpath(course / path, Path.cwd())).as_posix() + fragment

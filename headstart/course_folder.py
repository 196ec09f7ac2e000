"""Where the lessons of the course lie. Called by the `headstart` command."""

from __future__ import annotations

import re
from pathlib import Path

from headstart.names import unknown_name


class NoCourse(ValueError):
    """The current folder is not in a course folder; the message says what to do."""


def course_folder() -> Path:
    """Return the nearest folder that holds `lessons`, from the current one upwards.

    Raises:
        NoCourse: there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "lessons").is_dir():
            return folder
    raise NoCourse(
        f"there are no lessons in {here} or above it; change to the course folder first, with `cd`."
    )


def lessons(course: Path) -> list[str]:
    """Return the names of the lessons in the folder `course`, such as `"07_freezing"`, in order."""
    paths = (course / "lessons").glob("*.ipynb")
    return sorted(path.stem for path in paths if re.match(r"\d\d_", path.name))


def find_lesson(course: Path, wanted: str) -> str:
    """Return the name of the lesson that is meant by `7`, `07`, `freezing` or `07_freezing`.

    Raises:
        UnknownName: there is none; the message names the nearest ones.
    """
    known = lessons(course)
    asked = wanted.strip().removesuffix(".ipynb").rpartition("/")[2]
    for name in known:
        number, slug = name.split("_", 1)
        if asked in (name, slug) or (asked.isdecimal() and int(asked) == int(number)):
            return name
    raise unknown_name("lesson", wanted, known)

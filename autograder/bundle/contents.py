"""Collects what students get: the files of a release by path, in memory. Called by `command.py`.

Files are taken by name: the notebooks that the build makes for students, the page with the cheat sheet, the wheel,
the pinned versions, the licence and a README. Whatever else lies in those folders stays where it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from autograder.build.lessons import HEADING
from autograder.build.outputs import OWNED
from autograder.bundle.wheel import EXTRAS, learner_wheel
from autograder.course import CourseError, Lesson

PINS = "constraints.txt"
_FOR_STUDENTS = ("lessons", "quizzes")

README = """\
# Headstart, a course on pre-trained models

You work through {lessons} Jupyter notebooks. Each is a lesson with experiments that you run yourself. After a lesson
come ten questions and, for most lessons, exercises in code.

| in this folder | what it is |
|---|---|
| `lessons/` | the lessons, the glossary and a cheat sheet to print |
| `quizzes/` | questions and exercises to hand in |
| `{wheel}` | the library that the notebooks import |
| `{pins}` | the exact versions that the notebooks were tested with |

## Install

You need Python 3.11 or newer and about 6 GB of disk, because PyTorch is large. Open a terminal in this folder.

On Linux and macOS:

```sh
python3 -m venv .venv
. .venv/bin/activate
python -m pip install --constraint {pins} "./{wheel}[{extras}]"
```

On Windows:

```bat
py -m venv .venv
.venv\\Scripts\\activate
python -m pip install --constraint {pins} "./{wheel}[{extras}]"
```

This takes a few minutes. It is needed once, and it needs the network. The lessons do not.

## Start

Open a terminal in this folder. Activate the environment with the second line above, then:

```sh
headstart lab
```

JupyterLab opens at the first lesson, `lessons/{first}.ipynb`. Run each cell with Shift + Enter. If something does not
work, `headstart doctor` says what this computer lacks.

## Questions and exercises

{assignments}

Each folder in `quizzes/` has a notebook `quiz.ipynb`{exercises}.

- **Your id.** Your instructor tells you your id. Type it once, at the top of the quiz: `my_id = "…"`. The numbers in
  the questions are drawn from it. On a JupyterHub your login name is used.
- **The quiz.** Answer by a click, or type your answer into the cell below the question. What you type counts before
  what you click.
- **The exercises.** Write your code where the cell says so, then run the cell below it. It shows whether the examples
  hold. More checks run when you hand in.

## Where your answers are kept

What you click is saved at once, in the file `answers.json` beside the notebook. What you do over the whole course is
kept in the folder `my_learning/`. You may read, copy and delete both. Nothing is sent anywhere. Save the notebooks
themselves with Ctrl + S.

## Hand in

Hand in three files of one folder in `quizzes/`: `quiz.ipynb`, `exercises.ipynb` and `answers.json`. **What you clicked
is in `answers.json`: without it only typed answers count.** Put them into one zip that has your id as its name, such
as `ada.zip`, unless your instructor says otherwise. Do not rename the three files.

MIT licence.
"""


def contents(root: Path, lessons: Sequence[Lesson], assignments: Sequence[Lesson]) -> dict[str, bytes]:
    """Return the files of a release by path, with `/` between the parts, sorted.

    Args:
        root: the course's root.
        lessons: all lessons of the course; each is in the release.
        assignments: the lessons whose quizzes and exercises are in it.

    Raises:
        WheelError: the learner's package cannot be built.
        CourseError: a file that the release needs is missing.
        OSError: a file cannot be read.
    """
    wanted = {lesson.assignment for lesson in assignments}
    files = {}
    for folder in _FOR_STUDENTS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if not OWNED[folder].fullmatch(name) or path.is_symlink():
                continue
            if folder == "lessons" or path.parent.name in wanted:
                files[name] = path.read_bytes()
    for name in ("LICENSE", PINS):
        if not (root / name).is_file():
            raise CourseError(f"{root / name}: no such file; a release needs it.")
        files[name] = (root / name).read_bytes()
    wheel, content = learner_wheel(root)
    files[wheel] = content
    files["README.md"] = _readme(wheel, lessons, assignments).encode("utf-8")
    return dict(sorted(files.items()))


def version(root: Path) -> str:
    """Return the version of the project at `root`.

    Raises:
        CourseError: there is no pyproject.toml, or it names none.
    """
    path = root / "pyproject.toml"
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"])
    except FileNotFoundError:
        raise CourseError(f"{path}: no such file; it names the version of a release.") from None
    except (KeyError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path}: names no version of the project ({error}).") from None


def _readme(wheel: str, lessons: Sequence[Lesson], assignments: Sequence[Lesson]) -> str:
    with_exercises = [lesson for lesson in assignments if lesson.has_exercises]
    exercises = ", and `exercises.ipynb` with exercises in code" if with_exercises else ""
    if 0 < len(with_exercises) < len(assignments):
        without = [f"`{lesson.assignment}`" for lesson in assignments if not lesson.has_exercises]
        exercises += f" (there is none in {' and '.join(without)})"
    rows = [
        f"| {lesson.number} | {_title(lesson)} | `quizzes/{lesson.assignment}/` |" for lesson in assignments
    ]
    left_out = "" if len(assignments) == len(lessons) else "\n\nThose of the other lessons come later."
    return README.format(
        lessons=len(lessons),
        wheel=wheel,
        pins=PINS,
        extras=",".join(EXTRAS),
        first=lessons[0].assignment,
        assignments="\n".join(["| lesson | | questions and exercises |", "|---|---|---|", *rows]) + left_out,
        exercises=exercises,
    )


def _title(lesson: Lesson) -> str:
    heading = HEADING.search(lesson.lesson_path.read_text(encoding="utf-8"))
    return heading[2].strip() if heading else lesson.slug

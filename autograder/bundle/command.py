"""The command `autograder release`: options in, a summary or one clear line out. Registered in `autograder.cli`."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Annotated

import typer

from autograder.grading.commands import BAD_INPUT, COURSE_AT_FAULT, stop

_NAMED = 3


def release(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to; new, or empty.")],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ASSIGNMENT]...", help="Hand out these quizzes and exercises; all of them by default."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an earlier release in that folder.")
    ] = False,
) -> None:
    """Write what students get, as a folder and as a zip: lessons, quizzes, the learner's package, a README.

    All lessons are in it, and the quizzes and exercises of each ASSIGNMENT (07_freezing, or 7, or freezing). No
    solution, key or hidden check is. Exit status: 0 done; 2 the input cannot be used; 3 a file of the course itself
    is at fault.
    """
    from autograder.build import build_course
    from autograder.build.__main__ import MISTAKES
    from autograder.bundle.contents import contents, version
    from autograder.bundle.wheel import WheelError
    from autograder.bundle.writing import CannotWrite, check_place, write
    from autograder.course import Course
    from headstart.names import UnknownName

    out = out.expanduser().absolute()
    try:
        course = Course.find()
        chosen = [course.lesson(name) for name in assignments or ()] or course.lessons
        chosen = sorted(set(chosen), key=lambda lesson: lesson.number)
        check_place(out, force)
        root = course.path.parent
        stale = build_course(root, check=True)
        if stale:
            stop(_out_of_date(stale), COURSE_AT_FAULT)
        files = contents(root, course.lessons, chosen)
        folder, archive = write(files, out, f"headstart-{version(root)}", force)
    except (UnknownName, CannotWrite) as error:
        stop(error, BAD_INPUT)
    except (*MISTAKES, WheelError) as error:
        stop(error, COURSE_AT_FAULT)
    except OSError as error:
        full = " The disk is full: make room." if error.errno == errno.ENOSPC else ""
        stop(f"{error.filename or out}: {error.strerror or error}.{full}", BAD_INPUT)
    quizzes = sum(name.endswith("/quiz.ipynb") for name in files)
    exercises = sum(name.endswith("/exercises.ipynb") for name in files)
    typer.echo(f"{folder}  (lessons: {len(course.lessons)}, quizzes: {quizzes}, with exercises: {exercises})")
    typer.echo(f"{archive}  ({archive.stat().st_size / 1e6:.1f} MB, the same files)")


def _out_of_date(stale: list[Path]) -> str:
    named = ", ".join(path.as_posix() for path in stale[:_NAMED])
    more = f" and {len(stale) - _NAMED} more" if len(stale) > _NAMED else ""
    return (
        f"{named}{more}: not up to date with course/. Run `make build`, look at what changed, and try again."
    )

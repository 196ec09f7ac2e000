"""The command `autograder`: list lessons and exercises, judge answer files, grade a class, release to students.

Results go to stdout, and nothing else does; what is wrong with the input goes to stderr in one line.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.bundle.command import release
from autograder.grading.commands import (
    BAD_INPUT,
    COURSE_AT_FAULT,
    complain,
    grade,
    stop,
    stop_without_sandbox,
)

if TYPE_CHECKING:
    from autograder.course import Course, Lesson

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(grade)
app.command()(release)


@app.callback()
def main() -> None:
    """The instructor's tools of the course.

    Exit status: 0 done; 2 the input cannot be used; 3 a file of the course itself is at fault.
    """


@app.command()
def check(
    exercise: Annotated[str, typer.Argument(help="Name of the exercise: the function that students write.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Answers: .py or .ipynb files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each file.")] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit of each call of the answer.")] = 20.0,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Run the answers in this process, with all its rights.")
    ] = False,
) -> None:
    """Judge each FILE as an answer to EXERCISE, in a sandbox."""
    from autograder.course import Course, CourseError
    from autograder.grading.single import judge_answer_in_room
    from autograder.judge import GraderError, judge_answer
    from autograder.sandbox.launch import SandboxUnavailable
    from autograder.sandbox.supervisor import RoomEnded
    from autograder.source import read_answer
    from headstart.answer_files import BadFile
    from headstart.names import UnknownName

    try:
        task = Course.find().exercise(exercise)
    except UnknownName as error:
        stop(error, BAD_INPUT)
    except CourseError as error:
        stop(error, COURSE_AT_FAULT)
    status = 0
    verdict_on = judge_answer if unsafe else judge_answer_in_room
    for path in files:
        # One file that cannot be judged does not keep the others from their verdict.
        try:
            verdict = verdict_on(task, read_answer(path, exercise), seconds)
        except SandboxUnavailable as error:
            stop_without_sandbox(error)
        except BadFile as error:
            status = max(status, BAD_INPUT)
            complain(error)
        except RoomEnded as end:
            status = max(status, BAD_INPUT)
            complain(f"{path}: no verdict, for no sandbox could be had: {end.ending.detail or end}")
        except GraderError as error:
            status = COURSE_AT_FAULT
            complain(f"{path}: {error}")
        else:
            line = json.dumps({"file": str(path), **verdict.to_json()}, ensure_ascii=False)
            typer.echo(line if as_json else f"{path}\n{verdict.report()}\n")
    # Exit handlers run last in, first out: this one comes before those that answers have left behind.
    atexit.register(_silence)
    raise typer.Exit(status)


def _silence() -> None:
    """Let nothing more be printed: stdout holds verdicts only."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@app.command()
def doctor() -> None:
    """Try each protection of the sandbox on this machine, and say what to do where one is missing."""
    from autograder.sandbox.doctor import main as diagnose_and_print

    raise typer.Exit(diagnose_and_print())


@app.command("list")
def list_course(
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the lessons with their exercises, points, checks and quiz."""
    from autograder.build.quiz_file import QuizFileError
    from autograder.course import Course, CourseError

    try:
        rows = _listing(Course.find())
    except (CourseError, QuizFileError) as error:
        stop(error, COURSE_AT_FAULT)
    if as_json:
        typer.echo(json.dumps({"lessons": rows}, ensure_ascii=False, indent=2))
    else:
        typer.echo(_table(rows))


def _listing(course: Course) -> list[dict[str, Any]]:
    return [
        {
            "lesson": lesson.assignment,
            "number": lesson.number,
            "exercises": [
                {
                    "exercise": exercise.name,
                    "title": exercise.title,
                    "points": exercise.max_points,
                    "checks": [
                        {"id": check.id, "title": check.title, "points": check.points}
                        for check in exercise.checks
                    ],
                }
                for exercise in lesson.exercises
            ],
            "quiz": _quiz(lesson),
        }
        for lesson in course.lessons
    ]


def _quiz(lesson: Lesson) -> dict[str, Any] | None:
    if not lesson.questions:
        return None
    points = sum(question.points for question in lesson.questions)
    return {"questions": len(lesson.questions), "points": points}


def _table(lessons: list[dict[str, Any]]) -> str:
    rows = [("lesson", "exercise", "points", "checks")]
    for lesson in lessons:
        for exercise in lesson["exercises"]:
            rows.append(
                (
                    lesson["lesson"],
                    exercise["exercise"],
                    f"{exercise['points']:g}",
                    _counted(len(exercise["checks"]), "check"),
                )
            )
        if lesson["quiz"] is not None:
            quiz = lesson["quiz"]
            rows.append(
                (lesson["lesson"], "quiz", f"{quiz['points']:g}", _counted(quiz["questions"], "question"))
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _line(row: Iterable[str], widths: list[int]) -> str:
    lesson, name, points, checks = row
    return f"{lesson:<{widths[0]}}  {name:<{widths[1]}}  {points:>{widths[2]}}  {checks}"


if __name__ == "__main__":
    app()

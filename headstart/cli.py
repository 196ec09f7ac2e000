"""The `headstart` command: the course from a terminal. Lessons, questions, exercises, progress, and a doctor.

Exit status: 0 done; 1 not everything is right; 2 the input cannot be used, which one line on stderr says.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import headstart
from headstart.names import UnknownName

NOT_RIGHT, BAD_INPUT = 1, 2

app = typer.Typer(
    help="Headstart, the learner's side.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def complete_lesson(incomplete: str) -> list[str]:
    """Return the lessons that begin with what was typed."""
    from headstart.lessons import load_lessons

    return [lesson.folder for lesson in load_lessons() if lesson.folder.startswith(incomplete)]


def complete_exercise(incomplete: str) -> list[str]:
    """Return the exercises that begin with what was typed."""
    from headstart.exercises.banks import all_exercises

    return [name for name in all_exercises() if name.startswith(incomplete)]


def complete_question(incomplete: str) -> list[str]:
    """Return the ids of the questions that begin with what was typed."""
    from headstart.questions.banks import BANK_FOLDER, load_banks

    questions = (question for bank in load_banks(BANK_FOLDER) for question in (*bank.practice, *bank.graded))
    return [question.id for question in questions if question.id.startswith(incomplete)]


def print_version(wanted: bool) -> None:
    """Print the version and stop, when asked to."""
    if wanted:
        typer.echo(headstart.__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Headstart, the learner's side."""


@app.command()
def lab(
    lesson: Annotated[
        str | None,
        typer.Argument(
            help="For example 07 or freezing; the first one by default.", autocompletion=complete_lesson
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
) -> None:
    """Open JupyterLab at a lesson. Stop it with Ctrl+C."""
    from headstart.lessons import find_lesson, load_lessons
    from headstart.state_file import course_folder

    try:
        name = (find_lesson(lesson) if lesson else load_lessons()[0]).folder
    except UnknownName as error:
        fail(error)
    course = course_folder()
    if course is None:
        fail(
            f"there are no lessons in {Path.cwd()} or above it. Change to the course folder first: cd FOLDER"
        )
    if find_spec("jupyterlab") is None:
        fail("JupyterLab is not installed here. Install it: pip install jupyterlab")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={course}"]
    # Without encryption every kernel warns that other users of the computer could listen.
    command.append("--KernelManager.transport_encryption=auto")
    # Given the notebook's path as such, JupyterLab would show its folder alone, without the quizzes.
    command.append(f"--LabApp.default_url=/lab/tree/lessons/{name}.ipynb")
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    raise typer.Exit(start(command))


def start(command: list[str]) -> int:
    """Run `command` until it ends, and return its exit status."""
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # Ctrl+C reaches JupyterLab too, which asks whether to stop.
            continue


@app.command()
def doctor() -> None:
    """Look whether this computer has what is needed."""
    from headstart.doctor import MISSING, findings, table

    rows = findings()
    typer.echo(table(rows))
    raise typer.Exit(NOT_RIGHT if any(row.state == MISSING for row in rows) else 0)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your functions: a .py or .ipynb file.")],
    exercises: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXERCISE]...",
            help="Only these exercises; by default all that FILE has functions for.",
            autocompletion=complete_exercise,
        ),
    ] = None,
) -> None:
    """Run the visible examples on FILE.

    FILE holds functions that the exercises ask for.

    Exit status: 0 all examples hold; 1 not; 2 FILE cannot be used.
    """
    from headstart.answer_files import BadFile
    from headstart.exercises.files import check_file

    # As in `python FILE`, the file may import what lies beside it.
    sys.path.insert(0, str(file.resolve().parent))
    try:
        problems, reports = check_file(file, exercises)
    except (BadFile, UnknownName) as error:
        fail(error)
    blocks = ["\n".join(problems)] if problems else []
    for report in reports:
        lines = [result.line for result in report.results] + report.offers
        blocks.append("\n".join([report.exercise.name, *(f"  {line}" for line in lines)]))
    typer.echo("\n\n".join(blocks))
    raise typer.Exit(NOT_RIGHT if problems or not all(report.passed for report in reports) else 0)


@app.command()
def hint(
    exercise: Annotated[str, typer.Argument(help="The function's name.", autocompletion=complete_exercise)],
    number: Annotated[str | None, typer.Argument(help="1, 2 or 3; the next one by default.")] = None,
) -> None:
    """Show the next hint of an exercise, or an open one again."""
    from headstart.exercises import hint as show
    from headstart.exercises.ladder import IN_TERMINAL

    try:
        wanted = int(number) if number is not None and number.isdecimal() else number
        show(exercise, wanted, calls=IN_TERMINAL)
    except UnknownName as error:
        fail(error)


@app.command()
def solution(
    exercise: Annotated[str, typer.Argument(help="The function's name.", autocompletion=complete_exercise)],
) -> None:
    """Show the worked solution, once it is open."""
    from headstart.exercises import solution as show
    from headstart.exercises.ladder import IN_TERMINAL

    try:
        show(exercise, calls=IN_TERMINAL)
    except UnknownName as error:
        fail(error)


@app.command()
def progress() -> None:
    """Show what you did in each lesson, and what comes next."""
    headstart.progress()


@app.command()
def review(
    lesson: Annotated[
        str | None,
        typer.Argument(help="The cards of this lesson alone.", autocompletion=complete_lesson),
    ] = None,
) -> None:
    """Go through the flashcards that are due."""
    try:
        headstart.review(lesson, text=True)
    except UnknownName as error:
        fail(error)


@app.command()
def question(
    identifier: Annotated[
        str,
        typer.Argument(metavar="ID", help="For example freezing.flag-sum.", autocompletion=complete_question),
    ],
    answer: Annotated[
        str | None, typer.Option(help='Your answer: a letter, "a, c", an order, a number.')
    ] = None,
) -> None:
    """Show a question as text, or answer it with --answer."""
    try:
        if answer is None:
            headstart.question(identifier)
        else:
            headstart.question(identifier, answer=answer)
    except UnknownName as error:
        fail(error)


@app.command()
def practice(
    lessons: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LESSON]...",
            help="For example 07 or freezing; all by default.",
            autocompletion=complete_lesson,
        ),
    ] = None,
    form: Annotated[str | None, typer.Option(help="bug or prints: questions of this form alone.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many questions a round has.")] = 10,
) -> None:
    """Practise: ten questions, one at a time, and more of what you miss."""
    try:
        headstart.practice(lessons or None, form=form, count=count, text=True)
    except ValueError as error:
        fail(error)


@app.command()
def pretrain(
    arch: Annotated[str, typer.Option(help="glyphnet or glyphnet_vgg.")] = "glyphnet",
    out: Annotated[Path | None, typer.Option(help="File to write; ARCH.safetensors by default.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides letters, first weights and order.")] = 0,
    letters: Annotated[int, typer.Option(min=1, help="How many letters to draw.")] = 20_000,
    epochs: Annotated[int, typer.Option(min=1, help="How often to go through them.")] = 5,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> None:
    """Train a backbone on letters and write its weights. Takes about a minute on two cores."""
    from headstart import pretraining

    target = out or Path(f"{arch}.safetensors")
    try:
        pretraining.check_target(target, force=force)
        model = pretraining.pretrain(arch, seed=seed, count=letters, epochs=epochs, report=typer.echo)
        pretraining.write_weights(model, target, force=force)
    except (OSError, ValueError) as error:
        fail(error)
    typer.echo(
        f"accuracy on {pretraining.HELD_OUT} held-out letters: {pretraining.letter_accuracy(model):.4f}"
    )
    typer.echo(f"wrote {target}, SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")


def fail(error: Exception | str) -> NoReturn:
    """Print the error as one line and stop with exit status 2."""
    typer.echo(f"error: {error}", err=True)
    raise typer.Exit(BAD_INPUT)

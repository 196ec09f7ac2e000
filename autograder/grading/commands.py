"""The command `autograder grade`: options in, progress bar, summary table and exit status out.

Registered in `autograder.cli`. Results go to stdout; progress and what is wrong go to stderr.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from autograder.grading.run import Report, Row
    from autograder.sandbox.launch import SandboxUnavailable

BAD_INPUT = 2
COURSE_AT_FAULT = 3
NOT_ALL_GRADED = 1
INTERRUPTED = 130
_REMARKS_SHOWN = 2


def grade(
    assignment: Annotated[
        str, typer.Argument(help="The assignment, such as 07_freezing (or 7, or freezing).")
    ],
    student: Annotated[
        list[str] | None, typer.Option("--student", help="Grade this student only; may be repeated.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has been graded already.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side; all cores by default.")
    ] = None,
    db: Annotated[
        str | None, typer.Option("--db", help="The gradebook's URL: sqlite:///…, postgresql+psycopg://….")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Judge on the Dask cluster at this address.")
    ] = None,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Judge without a sandbox; every grade is marked so.")
    ] = False,
    json_log: Annotated[
        Path | None, typer.Option("--json-log", help="Add one line of JSON for each submission to this file.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Time limit of each call and each cell; 20 by default.")
    ] = None,
    notebook_seconds: Annotated[
        float | None, typer.Option(min=1.0, help="Time limit of a whole notebook; 300 by default.")
    ] = None,
    memory: Annotated[
        int | None, typer.Option(min=64, help="Memory of a notebook in MiB; 1024 by default.")
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit", metavar="NAME=VALUE", help="Any other limit of the sandbox; may be repeated."
        ),
    ] = None,
) -> None:
    """Grade all submissions of ASSIGNMENT that are new or changed, into nbgrader's gradebook.

    Each is judged in a sandbox. Interrupt it whenever you like: the same command goes on with the rest.
    Exit status: 0 all graded; 1 some could not be; 2 the input cannot be used; 3 a check is at fault.
    """
    from autograder.grading.run import Settings, Stopped, run
    from autograder.sandbox.launch import SandboxUnavailable
    from autograder.sandbox.policy import PolicyError, parse_settings
    from autograder.source import BadInput
    from headstart.names import UnknownName

    watcher = _ProgressBar()
    try:
        given = {"call_seconds": seconds, "notebook_seconds": notebook_seconds, "memory_mb": memory}
        limits = parse_settings(limit or ())
        limits |= {name: value for name, value in given.items() if value is not None}
        settings = Settings(
            assignment, tuple(student or ()), force, jobs, db, scheduler, unsafe, json_log, limits
        )
        with watcher:
            report = run(settings, watcher)
    except (BadInput, UnknownName, PolicyError) as error:
        stop(error, BAD_INPUT)
    except SandboxUnavailable as error:
        stop_without_sandbox(error)
    except Stopped as error:
        stop(
            f"{error} {watcher.graded} are recorded; run the same command again for the rest.", NOT_ALL_GRADED
        )
    except KeyboardInterrupt:
        stop(
            f"interrupted. {watcher.graded} of {watcher.total} are graded; run the same command again for the rest.",
            INTERRUPTED,
        )
    _print_summary(report, unsafe)
    for fault in report.faults:
        complain(fault)
    raise typer.Exit(COURSE_AT_FAULT if report.faults else NOT_ALL_GRADED if report.failed else 0)


class _ProgressBar:
    """Shows how a run goes on: a bar on a terminal, a line for each submission elsewhere."""

    def __init__(self) -> None:
        self.total = self.graded = 0
        self._bar: Progress | None = None
        self._task = 0

    def __enter__(self) -> _ProgressBar:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def planned(self, total: int, skipped: int) -> None:
        """Start the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.total = total
        console = Console(stderr=True)
        if skipped:
            console.print(f"{skipped} graded before and unchanged", highlight=False)
        if not total or not console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[student]}"),
            console=console,
        )
        self._task = self._bar.add_task("grading", total=total, rate="", student="")
        self._bar.start()

    def done(self, row: Row) -> None:
        """Move the bar on."""
        self.graded += row.score is not None
        if self._bar is None:
            points = "not graded" if row.score is None else f"{row.score:g} of {row.max_score:g}"
            typer.echo(f"{row.student}: {row.outcome}, {points}", err=True)
            return
        from rich.markup import escape

        speed = self._bar.tasks[0].finished_speed or self._bar.tasks[0].speed
        rate = f"{60 * speed:.0f} a minute" if speed else ""
        self._bar.update(self._task, advance=1, rate=rate, student=escape(row.student))


def _print_summary(report: Report, unsafe: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if report.rows:
        table = Table("student", "outcome", "points", "seconds", "remarks", title=report.assignment)
        for row in sorted(report.rows, key=lambda row: row.student):
            points = "-" if row.score is None else f"{row.score:g} of {row.max_score:g}"
            remarks = row.remarks[:_REMARKS_SHOWN]
            if len(row.remarks) > _REMARKS_SHOWN:
                remarks.append(f"and {len(row.remarks) - _REMARKS_SHOWN} more")
            # Names of files are the students' own, and square brackets in them are no markup.
            remark = escape("; ".join(remarks))
            outcome = row.outcome.replace("_", " ")
            table.add_row(escape(row.student), outcome, points, f"{row.seconds:.1f}", remark)
        console.print(table)
    graded = sum(row.score is not None for row in report.rows)
    rate = f", {60 * graded / report.seconds:.0f} a minute" if graded and report.seconds else ""
    console.print(
        f"{graded} graded in {report.seconds:.1f} s{rate}; {report.skipped} unchanged, {report.failed} failed"
    )
    if unsafe and graded:
        console.print("These were judged without a sandbox; their notebooks say so.")


def complain(said: Exception | str) -> None:
    """Say on stderr, in one line, what is wrong."""
    typer.echo(f"autograder: {said}", err=True)


def stop(said: Exception | str, status: int) -> NoReturn:
    """Say what is wrong and end the command with `status`."""
    complain(said)
    raise typer.Exit(status)


def stop_without_sandbox(error: SandboxUnavailable) -> NoReturn:
    """End the command where nothing can be judged safely."""
    stop(f"{error} Or accept the risk: --unsafe.", BAD_INPUT)

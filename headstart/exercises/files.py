"""Checks the functions in a file, for `headstart check FILE`. The file may be a program or a notebook.

The code runs in this process, with the rights of who started it: it is the learner's own.
"""

from __future__ import annotations

import ast
import sys
import traceback
import types
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from headstart.answer_files import (
    BadFile,
    outlasts_its_cell,
    read_answer_file,
    syntax_message,
    without_magics,
)
from headstart.examples import Result, execute, offered, run_bank
from headstart.exercises.banks import Exercise, all_exercises, find_exercise
from headstart.exercises.ladder import IN_TERMINAL
from headstart.names import at_line, nearest, unknown_name

_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MODULE = "headstart_answer"


@dataclass(frozen=True)
class Part:
    """A program, or one code cell: its name in messages, its source, and what Python made of it, if it parsed."""

    label: str
    source: str
    tree: ast.Module | None
    problem: str | None = None


@dataclass(frozen=True)
class Report:
    """What came of one exercise: the results of its examples, and how to go on."""

    exercise: Exercise
    results: list[Result]
    offers: list[str]

    @property
    def passed(self) -> bool:
        """Whether all examples hold."""
        return all(result.label == "ok" for result in self.results)


def check_file(path: Path, only: list[str] | None = None) -> tuple[list[str], list[Report]]:
    """Run the visible examples of every exercise whose function is in the file.

    Args:
        path: a .py file or an .ipynb notebook.
        only: names of exercises; the others are left out.

    Returns:
        Lines about code that cannot be read, and a report on each exercise.

    Raises:
        BadFile: it is no such file, or no function in it belongs to an exercise.
        UnknownName: `only` names an exercise that there is not.
    """
    parts = read_parts(path)
    wanted = [find_exercise(name) for name in only or []]
    problems = [f"error {part.label}: {part.problem}" for part in parts if part.problem]
    defined = [
        node.name for part in parts if part.tree for node in part.tree.body if isinstance(node, _DEFINES)
    ]
    found = [exercise for name, exercise in all_exercises().items() if name in defined]
    for exercise in wanted:
        if exercise not in found and not problems:
            raise BadFile(_missing(path, exercise.name, defined))
    if wanted:
        found = [exercise for exercise in found if exercise in wanted]
    elif not found and not problems:
        raise BadFile(_nothing(path, defined))
    return problems, [_report(exercise, parts) for exercise in found]


def read_parts(path: Path) -> list[Part]:
    """Return the code of a file: all of a program, or the code cells of a notebook.

    Raises:
        BadFile: the file cannot be read.
    """
    cells = read_answer_file(path)
    if isinstance(cells, str):
        return [_part(path.name, cells)]
    return [_definitions(_part(f"code cell {place}", cell.source)) for place, cell in enumerate(cells, 1)]


def _part(label: str, source: str) -> Part:
    plain = without_magics(source)
    try:
        return Part(label, plain, ast.parse(plain))
    except SyntaxError as error:
        problem = syntax_message(error)
    except (ValueError, RecursionError, MemoryError):
        problem = "your code cannot be read by Python"
    return Part(label, source, None, problem)


def _definitions(part: Part) -> Part:
    """Keep imports, definitions and plain constants of a cell; the rest of a notebook need not run again."""
    if part.tree is None:
        return part
    kept = [node for node in part.tree.body if outlasts_its_cell(node)]
    lines = {number for node in kept for number in range(_first(node), (node.end_lineno or 0) + 1)}
    source = "\n".join(
        line if number in lines else "" for number, line in enumerate(part.source.splitlines(), 1)
    )
    return Part(part.label, source, ast.Module(kept, []))


def _first(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _report(exercise: Exercise, parts: list[Part]) -> Report:
    """Load the file beside the imports of the exercise's notebook, and run the examples."""
    # A real module, because `@dataclass` and others look for the module of what they decorate.
    module = sys.modules[_MODULE] = types.ModuleType(_MODULE)
    namespace = vars(module)
    # Where this fails, `run_bank` meets the same error and says what to do.
    with suppress(Exception):
        execute(exercise.setup, f"<set-up of {exercise.name}>", namespace)
    for part in parts:
        if part.tree is None:
            continue
        try:
            execute(part.source, part.label, namespace)
        except KeyboardInterrupt:
            return Report(exercise, [Result("stopped", f"{part.label}: interrupted")], [])
        except BaseException as error:
            return Report(exercise, [Result("error", f"{part.label}: {_raised(error, part)}")], [])
    function = namespace[exercise.name]
    results = run_bank(exercise, function)
    return Report(exercise, results, offered(exercise, function, results, IN_TERMINAL))


def _raised(error: BaseException, part: Part) -> str:
    """Say which line of the learner's code stopped with which error, while it was loaded."""
    said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == part.label
    ]
    if not lines:
        return f"your code raised {said}"
    shown = part.source.splitlines()[lines[-1] - 1].strip()
    return f"your code raised {said}{at_line(lines[-1], shown)}"


def _missing(path: Path, name: str, defined: list[str]) -> str:
    close = nearest(name, defined, count=1)
    similar = f"; there is `{close[0]}`" if close else ""
    return f"{path}: there is no function `{name}` in it{similar}."


def _nothing(path: Path, defined: list[str]) -> str:
    if not defined:
        return f"{path}: there is no function in it. Write the function that an exercise asks for."
    near = [name for name in defined if nearest(name, all_exercises(), count=1)]
    error = unknown_name("exercise", (near or defined)[0], all_exercises())
    return f"{path}: its functions belong to no exercise: {error}"

"""`course/NN_slug/exercises.py` -> `solutions/NN_slug/exercises.ipynb`: nbgrader's source notebook.

Called by the build. Each exercise has a card, a solution, visible examples and, where the release starts from
more than a `NotImplementedError`, its own stub. The hidden checks are one call that nbgrader removes from the
release. What the learner's library gets of it is made by `exercise_bank.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NoReturn

from autograder.build.errors import SourceError
from autograder.build.notebooks import SOLUTION_ONLY, NotebookWriter
from autograder.build.percent import SourceCell, defines, parse_code, read_cells
from headstart.names import nearest
from headstart.questions.schema import ExerciseFacts

# Role -> cell type.
ROLES = {
    "card": "markdown",
    "solution": "code",
    "stub": "code",
    "examples": "code",
    "explanation": "markdown",
}
# Where a role stands in its exercise; solution and stub may change places.
_PLACE = {"card": 0, "solution": 1, "stub": 1, "examples": 2, "explanation": 3}
HINTS = 3
HIDDEN_CHECKS = """\
### BEGIN HIDDEN TESTS
from autograder.notebook_verdict import exercise_points

exercise_points("{name}")
### END HIDDEN TESTS"""
_KEYS = ("exercise", "role", "tags")
_FACTS = re.compile(r"\*\*(Easy|Medium|Hard) · (\d+) minutes\b")
_POINTS = re.compile(r"\b(\d+(?:\.\d+)?) points?\b")
_REGION = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION[ \t]*\n(?P<body>.*?)^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S
)


@dataclass(frozen=True)
class Exercise:
    """One exercise: its cells by role."""

    name: str
    cells: Mapping[str, SourceCell]


def build_exercises(root: Path, folder: Path, points: Mapping[str, float]) -> str:
    """Convert the exercises of `folder`; return the text of the source notebook.

    Args:
        root: the course's root.
        folder: the lesson's folder in `course/`.
        points: the total of the hidden checks of each exercise.

    Raises:
        SourceError: a cell is missing, doubled, out of order or does not fit the others; an exercise has no
            checks, or checks have no exercise.
    """
    shown = (folder / "exercises.py").relative_to(root)
    writer = NotebookWriter(f"solutions/{folder.name}/exercises")
    found = set()
    for part in read_parts(root, folder):
        if isinstance(part, SourceCell):
            add = writer.code if part.cell_type == "code" else writer.markdown
            add(part.source, tags=part.tags)
            continue
        if part.name in found:
            line = next(iter(part.cells.values())).line
            raise SourceError(
                shown, line, f"exercise {part.name!r}", "its cells stand apart; put them together"
            )
        found.add(part.name)
        _check(shown, part)
        if part.name not in points:
            _no_checks(shown, part, points)
        _check_points(shown, part.cells["card"], part.name, points[part.name])
        _write(writer, part, points[part.name])
    for name in points:
        if name not in found:
            raise SourceError(
                shown, None, f"exercise {name!r}", "checks.py has checks for it, but there is no such cell"
            )
    return writer.text()


def exercise_facts(root: Path, folder: Path) -> list[ExerciseFacts]:
    """Return the names of the exercises of `folder`, in order, with difficulty and minutes where the card says."""
    cells = read_cells(root, folder / "exercises.py", _KEYS)
    found = []
    for card in (cell for cell in cells if cell.role == "card"):
        facts = _FACTS.search(card.source)
        difficulty, minutes = (facts[1].lower(), int(facts[2])) if facts else (None, None)
        found.append(ExerciseFacts(name=str(card.exercise), difficulty=difficulty, minutes=minutes))
    return found


def read_parts(root: Path, folder: Path) -> Iterator[SourceCell | Exercise]:
    """Yield the cells of the exercises in `folder`: plain cells as they are, those of an exercise together.

    Raises:
        SourceError: a cell cannot be read, or its metadata name no exercise and role.
    """
    path = folder / "exercises.py"
    shown, cells = path.relative_to(root), read_cells(root, path, _KEYS)
    for cell in cells:
        name, role = cell.exercise, cell.role
        if (name is None) != (role is None):
            missing = "role" if role is None else "exercise"
            raise SourceError(
                shown, cell.line, f"cell metadata {missing!r}", "give `exercise` and `role`, or neither"
            )
        if role is not None and role not in ROLES:
            close = nearest(role, ROLES, count=1)
            advice = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(ROLES)}"
            raise SourceError(shown, cell.line, f"role {role!r}", f"unknown role; {advice}")
        if role is not None and cell.cell_type != ROLES[role]:
            raise SourceError(
                shown,
                cell.line,
                f"exercise {name!r}, role {role!r}",
                f"is a {cell.cell_type} cell; make it {ROLES[role]}",
            )
    for name, group in groupby(cells, key=lambda cell: cell.exercise):
        if name is None:
            yield from group
        else:
            yield _exercise(shown, name, list(group))


def _exercise(shown: Path, name: str, group: list[SourceCell]) -> Exercise:
    found: dict[str, SourceCell] = {}
    last = 0
    for cell in group:
        role = str(cell.role)
        where = f"exercise {name!r}, role {role!r}"
        if _PLACE[role] < last:
            raise SourceError(shown, cell.line, where, f"out of order; the order is {', '.join(ROLES)}")
        last = _PLACE[role]
        if role in found:
            raise SourceError(
                shown, cell.line, where, f"there is one in line {found[role].line} already; keep one"
            )
        found[role] = cell
    for role in ("card", "solution", "examples"):
        if role not in found:
            raise SourceError(
                shown, group[0].line, f"exercise {name!r}", f"has no cell with role={role!r}; add one"
            )
    return Exercise(name, found)


def _check(shown: Path, exercise: Exercise) -> None:
    """Check that the cells of an exercise fit each other."""
    name, cells = exercise.name, exercise.cells

    def fail(role: str, message: str) -> NoReturn:
        raise SourceError(shown, cells[role].line, f"exercise {name!r}, role {role!r}", message)

    hints = cells["card"].source.count("<details>")
    if hints != HINTS:
        fail(
            "card",
            f"has {hints} hints in <details>; write {HINTS}: where to look, what to use, almost the answer",
        )
    solution = parse_code(shown, cells["solution"])
    if not defines(solution, name):
        fail("solution", f"defines no {name}; define it at the top level of the cell")
    if "stub" in cells:
        stub_role, stub = "stub", parse_code(shown, cells["stub"])
        if not defines(stub, name):
            fail("stub", f"defines no {name}; students would not know what to write")
    else:
        cleared, regions = _REGION.subn(r"\g<indent>raise NotImplementedError", cells["solution"].source)
        if not regions or "### BEGIN SOLUTION" in cleared or "### END SOLUTION" in cleared:
            fail(
                "solution",
                "put the body between `### BEGIN SOLUTION` and `### END SOLUTION`, each on its own line",
            )
        try:
            stub_role, stub = "solution", ast.parse(cleared)
        except SyntaxError as error:
            fail(
                "solution",
                f"without its solution the cell does not parse ({error.msg}): look at the indentation",
            )
    if _signature(solution, name) != _signature(stub, name):
        fail(stub_role, f"the signature of {name} differs between solution and stub; make them the same")
    _check_examples(fail, parse_code(shown, cells["examples"]), name)


def _check_points(shown: Path, card: SourceCell, name: str, points: float) -> None:
    """Check that a card which tells the points tells the right ones."""
    for match in _POINTS.finditer(card.source):
        if float(match[1]) != points:
            line = card.line + card.source[: match.start()].count("\n") + 1
            message = f"says {match[0]}, but its checks are worth {points:g}; make them the same"
            raise SourceError(shown, line, f"exercise {name!r}, role 'card'", message)


def _check_examples(fail: Callable[[str, str], NoReturn], tree: ast.Module, name: str) -> None:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    last = tree.body[-1]
    call = last.value if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else None
    if call is None or ast.unparse(call.func) != "headstart.check":
        fail("examples", f"must end with `headstart.check({name!r}, <your examples>)`")
    first, *examples = call.args or [None]
    if not isinstance(first, ast.Constant) or first.value != name or not examples:
        fail(
            "examples",
            f"the last line is `{ast.unparse(call)}`; call `headstart.check({name!r}, <your examples>)`",
        )
    for example in examples:
        function = functions.get(ast.unparse(example))
        if function is None:
            fail(
                "examples",
                f"headstart.check is given {ast.unparse(example)}, which this cell does not define",
            )
        if not ast.get_docstring(function):
            fail("examples", f"{function.name} has no docstring; say in one line what it shows")


def _signature(tree: ast.Module, name: str) -> str | None:
    """Return arguments and return type of a function as text; None for a class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.unparse(node.args) + (f" -> {ast.unparse(node.returns)}" if node.returns else "")
    return None


def _no_checks(shown: Path, exercise: Exercise, points: Mapping[str, float]) -> NoReturn:
    close = nearest(exercise.name, points, count=1)
    advice = f"did you mean {close[0]!r}?" if close else "write them in checks.py"
    line = exercise.cells["card"].line
    raise SourceError(shown, line, f"exercise {exercise.name!r}", f"there are no checks for it; {advice}")


def _write(writer: NotebookWriter, exercise: Exercise, points: float) -> None:
    name, cells = exercise.name, exercise.cells
    writer.markdown(cells["card"].source)
    writer.answer(name, cells["solution"].source, stub=cells["stub"].source if "stub" in cells else None)
    examples = cells["examples"].source
    writer.checks(f"{name}-checks", f"{examples}\n{HIDDEN_CHECKS.format(name=name)}", points)
    if "explanation" in cells:
        writer.markdown(cells["explanation"].source, tags=[SOLUTION_ONLY])

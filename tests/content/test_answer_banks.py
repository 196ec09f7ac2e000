"""Every answer of the course's banks is judged; so are the answers that any student may hand in.

A bank file says in comment lines at its top what must come of it:

    # outcome: wrong            the verdict's outcome (wrong_*.py only; wrong if not given)
    # caught_by: only_fc        the checks that must fail, comma separated
    # says: fc.bias             what the message of one of these checks must contain (may be repeated)
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.course import Course, Exercise
from autograder.judge import OUTCOMES, Verdict, judge_answer
from autograder.source import Answer, read_answer

COURSE = Course(Path(__file__).resolve().parents[2] / "course")
EXERCISES = list(COURSE.exercises.values())
FILES = [
    (exercise, path)
    for exercise in EXERCISES
    for path in sorted((exercise.lesson.answers_path / exercise.name).glob("*"))
    if not path.name.startswith((".", "__"))
]
PROMISES = ("outcome", "caught_by", "says")


@dataclass
class Header:
    """What the comment lines at the top of a bank file say."""

    about: str = ""
    outcome: str | None = None
    caught_by: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)


def read_header(path: Path) -> Header:
    header = Header()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line.lstrip("#").strip()
        key, _, value = text.partition(":")
        if key not in PROMISES:
            header.about = header.about or text
        elif key == "outcome":
            header.outcome = value.strip()
        elif key == "caught_by":
            header.caught_by += [name.strip() for name in value.split(",")]
        else:
            header.says.append(value.strip())
    return header


def notebook_imports(exercise: Exercise) -> list[str]:
    """The import statements of the notebook's own cells, which stand before the student's."""
    found = []
    for cell in exercise.lesson.cells:
        if cell.cell_type == "code" and "exercise" not in cell.metadata:
            found += [
                ast.unparse(node)
                for node in ast.parse(cell.source).body
                if isinstance(node, ast.Import | ast.ImportFrom)
            ]
    return found


def judge_source(exercise: Exercise, source: str, seconds: float = 20.0) -> Verdict:
    """Judge a source that uses the notebook's imports."""
    return judge_answer(exercise, Answer(source, prelude=notebook_imports(exercise)), seconds)


def test_every_exercise_has_checks_and_points():
    for exercise in EXERCISES:
        assert 3 <= len(exercise.checks) <= 6, exercise.name
        assert exercise.max_points > 0, exercise.name
        for check in exercise.checks:
            assert not check.title.endswith("."), f"{check.id}: a title is a line without full stop"


def test_every_exercise_has_a_bank_of_right_and_wrong_answers():
    for exercise in EXERCISES:
        names = [path.name for other, path in FILES if other is exercise]
        assert sum(name.startswith("right_") for name in names) >= 3, exercise.name
        assert sum(name.startswith("wrong_") for name in names) >= 6, exercise.name
        odd = [name for name in names if not re.fullmatch(r"(right|wrong)_[a-z0-9_]+\.py", name)]
        assert not odd, f"{exercise.name}: files that are no answers: {odd}"


def test_every_bank_belongs_to_an_exercise():
    for lesson in COURSE.lessons:
        names = {exercise.name for exercise in lesson.exercises}
        banks = lesson.answers_path.iterdir() if lesson.answers_path.is_dir() else []
        assert {path.name for path in banks} == names, lesson.assignment


def test_every_check_catches_some_wrong_answer():
    """A check that catches nothing in the bank is a check that nobody has seen failing."""
    for exercise in EXERCISES:
        caught = {name for other, path in FILES if other is exercise for name in read_header(path).caught_by}
        assert {check.id for check in exercise.checks} <= caught, exercise.name


@pytest.mark.parametrize(
    ("exercise", "path"), FILES, ids=[f"{exercise.name}/{path.stem}" for exercise, path in FILES]
)
def test_answer(exercise: Exercise, path: Path):
    header = read_header(path)
    verdict = judge_answer(exercise, read_answer(path, exercise.name))
    report = verdict.report()
    assert header.about, "the first line says what the answer does"
    if path.name.startswith("right_"):
        assert (verdict.outcome, verdict.score) == ("passed", exercise.max_points), report
        assert not (header.outcome or header.caught_by or header.says), "right answers promise nothing else"
        return
    failed = {result.id: result.message for result in verdict.checks if result.earned < result.points}
    assert verdict.score < verdict.max_score, report
    assert (header.outcome or "wrong") in OUTCOMES
    assert verdict.outcome == (header.outcome or "wrong"), report
    assert header.caught_by and header.says, "a wrong answer says by which check, in which words"
    assert set(header.caught_by) <= {check.id for check in exercise.checks}, "caught_by names unknown checks"
    assert set(header.caught_by) <= failed.keys(), report
    for words in header.says:
        assert any(words in failed[name] for name in header.caught_by), f"{words!r} is not in\n{report}"


# --------------------------------------------------------------- what any student may hand in

BY_NAME = pytest.mark.parametrize("exercise", EXERCISES, ids=[exercise.name for exercise in EXERCISES])


def signature(exercise: Exercise) -> str:
    """The `def` line of the exercise's stub."""
    for node in ast.parse(exercise.stub_source).body:
        if isinstance(node, ast.FunctionDef) and node.name == exercise.name:
            return ast.unparse(
                ast.FunctionDef(node.name, node.args, [ast.Pass()], [], None, lineno=1)
            ).splitlines()[0]
    pytest.skip("the exercise is a class")


def body(exercise: Exercise, *lines: str) -> str:
    return "\n".join([signature(exercise), *(f"    {line}" for line in lines)])


@BY_NAME
def test_the_untouched_stub_is_not_attempted(exercise: Exercise):
    verdict = judge_source(exercise, exercise.stub_source)
    assert (verdict.outcome, verdict.score) == ("not_attempted", 0.0), verdict.report()
    assert verdict.common_message == f"not attempted: `{exercise.name}` is as it was handed out"


@BY_NAME
def test_the_courses_own_solution_gets_full_points(exercise: Exercise):
    verdict = judge_source(exercise, exercise.solution_source)
    assert (verdict.outcome, verdict.score) == ("passed", exercise.max_points), verdict.report()


@BY_NAME
def test_a_syntax_error_names_its_line(exercise: Exercise):
    verdict = judge_source(exercise, body(exercise, "value = [1, 2", "return value"))
    assert (verdict.outcome, verdict.score) == ("error", 0.0)
    assert "SyntaxError: '[' was never closed (line 2: `value = [1, 2`)" in verdict.common_message


@BY_NAME
def test_an_exception_names_its_line(exercise: Exercise):
    verdict = judge_source(exercise, body(exercise, "empty = {}", 'return empty["missing"]'))
    assert verdict.score == 0.0 and verdict.outcome in ("error", "wrong")
    for result in verdict.checks:
        assert "your code raised KeyError: 'missing' (line 3: `return empty[\"missing\"]`)" in result.message


@BY_NAME
def test_a_forgotten_return_is_named(exercise: Exercise):
    solution = re.sub(r"^(\s*)return\b", r"\1_ = ", exercise.solution_source, flags=re.MULTILINE)
    solution = re.sub(r"_ = \s*$", "_ = None", solution, flags=re.MULTILINE)
    verdict = judge_source(exercise, solution)
    assert verdict.outcome == "wrong" and verdict.score < verdict.max_score
    assert any("returned None" in result.message and "return" in result.message for result in verdict.checks)


ODD = {
    "text": ("'text'", "str"),
    "object": ("object()", "object"),
    "tensor": ("__import__('torch').zeros(3, 7)", "tensor|shape|Tensor|numbers"),
    "array": ("__import__('numpy').zeros((2, 0))", "array|shape|ndarray"),
    "empty list": ("[]", "list|0 |empty|entries"),
    "empty dict": ("{}", "dict|key|empty|entries"),
    "nested": ("[[[[None]]]]", "list|entries|None|1 "),
    "nan": ("float('nan')", "float|nan"),
    "true": ("True", "bool|True"),
    "function": ("print", "function|print"),
    "class": ("int", "type|class|int"),
    "itself": (None, "function"),
    "arguments": ("list(locals().values())", ""),
    "model": ("__import__('torch').nn.Linear(2, 3)", "model|Linear|layers|parameter|fc"),
}


@BY_NAME
@pytest.mark.parametrize("odd", ODD)
def test_results_of_the_wrong_type_or_shape_are_named(exercise: Exercise, odd: str):
    value, words = ODD[odd]
    verdict = judge_source(exercise, body(exercise, f"return {value or exercise.name}"))
    assert verdict.outcome == "wrong", verdict.report()
    assert verdict.score < verdict.max_score
    messages = [result.message for result in verdict.checks if result.reason == "wrong"]
    assert all(messages)
    assert any(re.search(words, message) for message in messages), verdict.report()


MEDDLE = """
import builtins as _builtins

_own = {name}

def _meddle(value):
    import numpy, torch
    if isinstance(value, torch.Tensor):
        value.zero_().add_(1)
    elif isinstance(value, numpy.ndarray) and value.dtype.kind in "biuf":
        value[...] = 1
    elif isinstance(value, numpy.ndarray):
        value[...] = value.flat[0] if value.size else 0
    elif isinstance(value, list):
        value.append(value[0] if value else 1)
    elif isinstance(value, dict):
        value["more"] = 1
    elif isinstance(value, torch.nn.Module):
        with torch.no_grad():
            for parameter in value.parameters():
                parameter.add_(1)
    else:
        return
    _builtins._meddled.append(type(value).__name__)

def {name}(*args, **kwargs):
    result = _own(*args, **kwargs)
    for value in [*args, *kwargs.values()]:
        _meddle(value)
    return result
"""


@BY_NAME
def test_a_function_that_changes_its_input_is_caught(exercise: Exercise, monkeypatch):
    """The right result, and then everything that was passed in is overwritten."""
    import builtins

    meddled: list[str] = []
    monkeypatch.setattr(builtins, "_meddled", meddled, raising=False)
    signature(exercise)
    verdict = judge_source(exercise, exercise.solution_source + MEDDLE.format(name=exercise.name))
    if not meddled:
        assert verdict.outcome == "passed", verdict.report()
        pytest.skip("the exercise takes nothing that can be changed")
    assert verdict.outcome == "wrong", verdict.report()
    assert any(re.search("changed|moved|other values", result.message) for result in verdict.checks), (
        verdict.report()
    )


@BY_NAME
def test_prints_warnings_and_settings_of_the_notebook_cost_nothing(exercise: Exercise, capfd):
    before = """
        import sys, warnings
        import torch
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        print("hello")
        print("hello", file=sys.stderr)
        warnings.warn("careful")
    """
    verdict = judge_source(exercise, dedent(before) + exercise.solution_source)
    assert verdict.score == exercise.max_points, verdict.report()
    assert capfd.readouterr() == ("", "")

"""`headstart.check`: one line for each visible example, and never a traceback."""

# ruff: noqa: E501 - tables of messages read best one row a line

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import headstart

EXAMPLES = '''
def keeps_the_order():
    """the order is kept"""
    assert double([1, 2]) == [2, 4], f"double([1, 2]) is {double([1, 2])}; it should be [2, 4]"


def works_for_none_at_all():
    """an empty list gives an empty list"""
    assert double([]) == []
'''


@pytest.fixture
def notebook(monkeypatch, capsys):
    """Run cells as a notebook does, each with its own file name; the last one calls `headstart.check`."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)

    def run(*cells: str, examples: str = EXAMPLES, call: str | None = None) -> list[str]:
        namespace = {"__name__": "__main__", "headstart": headstart}
        call = call or 'headstart.check("double", keeps_the_order, works_for_none_at_all)'
        for number, cell in enumerate([*cells, examples, call]):
            filename, source = f"<test cell {number}>", dedent(cell)
            linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
            exec(compile(source, filename, "exec"), namespace)
        captured = capsys.readouterr()
        run.errors = captured.err.splitlines()
        return captured.out.splitlines()

    return run


def test_right(notebook):
    assert notebook("def double(v): return [2 * x for x in v]") == [
        "ok    the order is kept",
        "ok    an empty list gives an empty list",
    ]
    assert notebook.errors == []


def test_wrong_says_what_the_example_says(notebook):
    assert notebook("def double(v): return v") == [
        "wrong the order is kept: double([1, 2]) is [1, 2]; it should be [2, 4]",
        "ok    an empty list gives an empty list",
    ]


def test_an_assertion_without_message_shows_itself(notebook):
    lines = notebook("def double(v): return [2 * x for x in v] or None")
    assert lines[1] == "wrong an empty list gives an empty list: `assert double([]) == []` does not hold"


def test_an_error_names_the_learners_own_line(notebook):
    lines = notebook("def helper(v):\n    return v[7]\n\ndef double(v):\n    return helper(v)")
    assert lines[0] == (
        "error the order is kept: your code raised IndexError: list index out of range (line 2: `return v[7]`)"
    )


def test_an_assertion_of_the_learner_is_an_error(notebook):
    lines = notebook("def double(v):\n    assert v, 'empty'\n    return [2 * x for x in v]")
    assert lines[1] == (
        "error an empty list gives an empty list: your code raised AssertionError: empty (line 2: `assert v, 'empty'`)"
    )


def test_errors_deep_in_a_library_name_the_learners_line(notebook):
    lines = notebook("import torch\ndef double(v):\n    return torch.zeros(2, 3) @ torch.zeros(2, 3)")
    assert "your code raised RuntimeError: " in lines[0]
    assert lines[0].endswith("(line 3: `return torch.zeros(2, 3) @ torch.zeros(2, 3)`)")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("pass", "`double` gave back None where a value is needed: did you forget `return`?"),
        (
            "return 2",
            "the example cannot use what `double` gave back: TypeError: 'int' object is not subscriptable "
            "at `assert double([1])[0] == 2`",
        ),
    ],
)
def test_a_result_that_the_example_cannot_use(notebook, body, line):
    lines = notebook(
        f"def double(v): {body}",
        examples="def first():\n    'the first is doubled'\n    assert double([1])[0] == 2",
        call="headstart.check('double', first)",
    )
    assert lines == [f"error the first is doubled: {line}"]


def test_not_attempted_is_said_once(notebook):
    assert notebook("def double(v):\n    raise NotImplementedError") == [
        "not attempted: `double` is not written yet: replace its line `raise NotImplementedError`"
    ]


def test_a_library_that_raises_not_implemented_is_an_error(notebook):
    lines = notebook("from torch import nn\ndef double(v):\n    return nn.Module()(v)")
    assert "your code raised NotImplementedError: Module" in lines[0]


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("pass", "error there is no function `double`: run the cell that defines it, and look for errors there"),
        ("def duoble(v): return v", "error there is no function `double` (there is `duoble`): run the cell that defines it, and look for errors there"),
        ("double = 3", "error `double` is of type int, not a function: run the cell that defines it again"),
    ],
)  # fmt: skip
def test_a_missing_function_is_said_once(notebook, cell, line):
    assert notebook(cell) == [line]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "import sys; sys.exit()",
            "your code raised SystemExit: a function returns its result and does not call",
        ),
        ("raise KeyboardInterrupt", "interrupted"),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})", "your code raised Odd (line 2"),
        ("raise ValueError('x' * 10_000)", "…"),
        ("raise ValueError('one\\ntwo')", "ValueError: one two (line"),
        ("return double(v)", "RecursionError"),
    ],
)
def test_whatever_happens_there_is_a_line_and_no_traceback(notebook, body, words):
    lines = notebook(f"def double(v):\n    {body}")
    assert words in lines[0] and len(lines[0]) < 500
    assert not any("Traceback" in line for line in lines)


def test_examples_without_docstring_and_callable_objects(notebook):
    lines = notebook(
        "class double:\n    def __init__(self, v): self.v = v",
        examples="def works_at_all(): double(1)",
        call="headstart.check('double', works_at_all, lambda: double(2))",
    )
    assert lines == ["ok    works at all", "ok    <lambda>"]


def test_validate_reports_on_stderr(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert notebook("def double(v): return v") == ["ok    an empty list gives an empty list"]
    assert len(notebook.errors) == 1 and notebook.errors[0].startswith("wrong the order is kept: ")
    assert notebook("def double(v):\n    raise NotImplementedError") == []
    assert notebook.errors[0].startswith("not attempted: `double`")
    assert notebook("pass") == [] and notebook.errors[0].startswith("error there is no function")


def test_autograde_runs_no_example(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert notebook("def double(v): raise SystemExit") == [] and notebook.errors == []


def test_learners_do_not_need_the_autograder():
    import headstart.examples

    source = Path(headstart.examples.__file__).read_text()
    assert "autograder" not in source.replace("nbgrader", "") and "headstart.examples" in sys.modules

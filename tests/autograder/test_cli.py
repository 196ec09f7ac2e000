"""The command `autograder`: what it prints, where, and with which exit status."""

# ruff: noqa: E501 - tables of messages read best one row a line

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from autograder.cli import app

RIGHT = "def double(values, by=2):\n    return [v * by for v in values]\n"

pytestmark = pytest.mark.usefixtures("use_course")


@pytest.fixture
def run(tmp_path, monkeypatch, request):
    """Run the command in an empty folder with some answer files in it."""
    monkeypatch.chdir(tmp_path)
    Path("right.py").write_text(RIGHT)
    Path("wrong.py").write_text(RIGHT.replace("by for", "2 for"))
    Path("stub.py").write_text("def double(values, by=2):\n    raise NotImplementedError\n")

    def invoke(*arguments):
        if arguments[0] == "check" and "--unsafe" not in arguments:
            request.getfixturevalue("sandboxed")
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


def notebook(path: str, *cells) -> None:
    nb = new_notebook(cells=list(cells))
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nb, path)


def graded(source: str, grade_id: str = "double"):
    return new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id, "solution": True}})


def test_the_report_for_people(run):
    result = run("check", "double", "wrong.py")
    assert result.exit_code == 0 and result.stderr == ""
    assert result.stdout.splitlines() == [
        "wrong.py",
        "3.5 of 4.5 points.  double",
        "  ok    each value is doubled",
        "  wrong entry 0 of `double(..., by=5)` is 2; expected 5.",
        "  ok    the input stays as it was",
        "",
    ]


def test_one_line_of_json_for_each_file(run):
    result = run("check", "double", "right.py", "wrong.py", "stub.py", "--json")
    assert result.exit_code == 0 and result.stderr == ""
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["file"] for line in lines] == ["right.py", "wrong.py", "stub.py"]
    assert [line["outcome"] for line in lines] == ["passed", "wrong", "not_attempted"]
    assert [line["score"] for line in lines] == [4.5, 3.5, 0.0]
    assert list(lines[0]) == ["file", "exercise", "score", "max_score", "outcome", "checks"]
    assert list(lines[0]["checks"][0]) == ["id", "title", "points", "earned", "message"]


def test_every_outcome_is_a_verdict_and_exit_status_0(run):
    for name, source in {
        "syntax.py": "def double(",
        "raises.py": "def double(v, by=2): return 1 / 0",
        "exits.py": "import sys; sys.exit(7)\ndef double(v): return v",
        "empty.py": "",
        "loops.py": "def double(v, by=2):\n    while True: pass",
        "bom.py": "\ufeff" + RIGHT,
    }.items():
        Path(name).write_text(source, encoding="utf-8")
    result = run("check", "double", *sorted(Path().glob("*.py")), "--json", "--seconds", "6")
    assert result.exit_code == 0
    outcomes = {line["file"]: line["outcome"] for line in map(json.loads, result.stdout.splitlines())}
    assert outcomes == {
        "bom.py": "passed",
        "empty.py": "not_attempted",
        "exits.py": "error",
        "loops.py": "timeout",
        "raises.py": "error",
        "right.py": "passed",
        "stub.py": "not_attempted",
        "syntax.py": "error",
        "wrong.py": "wrong",
    }


def test_the_answer_of_a_notebook_is_its_cell_with_what_earlier_cells_define(run):
    notebook(
        "a.ipynb",
        new_markdown_cell("# Answers"),
        new_code_cell("%matplotlib inline\nimport numpy as np, math\nprint('set up')\nraise RuntimeError"),
        new_code_cell("FACTOR = 1\ndef times(v, by): return int(v * by * FACTOR) if v == int(v) else float(np.float64(v) * by)"),
        new_code_cell("this is not Python"),
        graded("!pip list\ndef double(values, by=2):\n    %time pass\n    return [times(v, by) for v in values]"),
        new_code_cell("def double(values): return None"),
    )  # fmt: skip
    result = run("check", "double", "a.ipynb", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["outcome"] == "passed"


def test_lines_are_those_of_the_cell(run):
    notebook(
        "a.ipynb",
        new_code_cell("import math\n\n\n"),
        graded("# one\ndef double(values, by=2):\n    return values[99]"),
    )
    (line,) = run("check", "double", "a.ipynb", "--json").stdout.splitlines()
    assert "(line 3: `return values[99]`)" in json.loads(line)["checks"][0]["message"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.py", None, "gone.py: there is no such file. Look at the spelling and at the current folder."),
        ("answer.txt", "x", "answer.txt: pass a Python file (.py) or a notebook (.ipynb)."),
        ("bytes.py", b"\xff\xfe\x00x", "bytes.py: is not a text file. Save it as UTF-8."),
        ("broken.ipynb", "{", "broken.ipynb: is not a notebook of format 4, or a damaged one."),
        ("old.ipynb", '{"worksheets": [], "nbformat": 3}', "old.ipynb: is not a notebook of format 4"),
        ("odd.ipynb", '{"cells": [1]}', "odd.ipynb: is not a notebook of format 4"),
        ("none.ipynb", '{"cells": []}', "the notebook has no cell with grade_id 'double'; it has no cell with a grade_id at all."),
    ],
)  # fmt: skip
def test_bad_files_are_one_line_on_stderr_and_status_2(run, name, content, message):
    if isinstance(content, bytes):
        Path(name).write_bytes(content)
    elif content is not None:
        Path(name).write_text(content)
    result = run("check", "double", name)
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.count("\n") == 1 and message in result.stderr


def test_a_notebook_without_the_expected_cell_names_the_cells_that_it_has(run):
    notebook("a.ipynb", graded("x = 1", "freeze"), graded("x = 2", "freeze-checks"), new_code_cell(RIGHT))
    result = run("check", "double", "a.ipynb")
    assert result.exit_code == 2
    assert result.stderr == (
        "autograder: a.ipynb: the notebook has no cell with grade_id 'double'; it has the cells freeze, freeze-checks.\n"
    )
    notebook("b.ipynb", graded(RIGHT), graded(RIGHT))
    assert "has 2 cells with grade_id 'double'; keep one" in run("check", "double", "b.ipynb").stderr


def test_a_bad_file_does_not_keep_the_others_from_their_verdict(run):
    Path("folder.py").mkdir()
    result = run("check", "double", "gone.py", "folder.py", "right.py", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["file"] == "right.py"
    assert result.stderr.splitlines() == [
        "autograder: gone.py: there is no such file. Look at the spelling and at the current folder.",
        "autograder: folder.py: is a folder. Pass a Python file (.py) or a notebook (.ipynb).",
    ]


def test_an_unreadable_file(run):
    path = Path("secret.py")
    path.write_text(RIGHT)
    path.chmod(0)
    try:
        path.read_text()
    except PermissionError:
        result = run("check", "double", "secret.py")
        assert result.exit_code == 2 and "secret.py: cannot be read (Permission denied)." in result.stderr
    else:
        pytest.skip("this user may read everything")


def test_an_unknown_exercise_gets_the_nearest_names(run):
    result = run("check", "dubble", "right.py")
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr == "autograder: unknown exercise 'dubble'. Did you mean 'double'?\n"


def test_missing_arguments_and_bad_options_are_status_2(run):
    assert run("check", "double").exit_code == 2
    assert run("check", "double", "right.py", "--seconds", "0").exit_code == 2
    assert run("grade_everything").exit_code == 2


def test_a_fault_of_the_course_is_status_3(run, make_course, tmp_path, monkeypatch):
    exercises = '# %% exercise="double" role="solution"\ndef double(v, by=2): return v\n'
    checks = "from autograder.checks import *\n@check('double', points=1, title='t')\ndef c(student): 1 / 0\n"
    make_course(tmp_path / "course", exercises, checks)
    monkeypatch.setenv("HEADSTART_COURSE", str(tmp_path / "course"))
    result = run("check", "double", "right.py")
    assert result.exit_code == 3 and result.stdout == ""
    assert (
        "checks.py:3: check 'c' of 'double' is at fault, not the answer: ZeroDivisionError" in result.stderr
    )
    (tmp_path / "course" / "01_first" / "checks.py").write_text("import nowhere_found")
    result = run("list")
    assert result.exit_code == 3 and "checks.py:1: ModuleNotFoundError" in result.stderr


def test_no_course_at_all(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_COURSE", str(tmp_path))
    result = run("list")
    assert result.exit_code == 3 and "no lesson folder" in result.stderr


def test_list(run):
    result = run("list")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["lesson", "exercise", "points", "checks"],
        ["01_first", "double", "4.5", "3", "checks"],
        ["01_first", "freeze", "3", "2", "checks"],
        ["01_first", "Counter", "1", "1", "check"],
        ["01_first", "fix_the_sum", "1", "1", "check"],
    ]


def test_list_as_json(run):
    result = run("list", "--json")
    (lesson,) = json.loads(result.stdout)["lessons"]
    assert (lesson["lesson"], lesson["number"], lesson["quiz"]) == ("01_first", 1, None)
    assert lesson["exercises"][0] == {
        "exercise": "double",
        "title": "double the numbers",
        "points": 4.5,
        "checks": [
            {"id": "doubled", "title": "each value is doubled", "points": 2},
            {"id": "by_is_used", "title": "`by` is used", "points": 1},
            {"id": "input_stays", "title": "the input stays as it was", "points": 1.5},
        ],
    }


def test_the_installed_command_prints_nothing_but_json(run, course, tmp_path):
    """In its own process: prints of the answer, of its subprocesses and at its exit stay off stdout."""
    noisy = (
        "import atexit, os, sys\nprint('one')\nos.system('echo two')\nos.write(1, b'three')\n"
        "atexit.register(print, 'four')\nsys.__stdout__.write('five')\n" + RIGHT
    )
    Path("noisy.py").write_text(noisy)
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "check", "double", "noisy.py", "right.py", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["outcome"] for line in done.stdout.splitlines()] == ["passed", "passed"]

"""The `headstart` command: what it does, what it says, and its exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from learner_answers import RIGHT, ROOT, WRONG, record
from typer.testing import CliRunner

from headstart import cli, doctor
from headstart.exercises.banks import all_exercises
from headstart.state_file import learning_folder

SCRIPT = "from headstart.cli import app; app(prog_name='headstart')"


def said(*arguments: str) -> tuple[int, list[str], list[str]]:
    """Run the command; return its status and the lines on stdout and stderr."""
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout.splitlines(), result.stderr.splitlines()


@pytest.fixture
def answer(home, tmp_path, monkeypatch):
    """Write a file beside the learner's folder and return its path."""
    monkeypatch.setattr(sys, "path", sys.path.copy())

    def write(text: str, name: str = "my_answer.py") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def plain(source: str) -> str:
    """Return a source of the tests without its indent."""
    return re.sub(r"^    ", "", source, flags=re.M)


# ------------------------------------------------------------------ check


def test_a_right_file(answer, home):
    status, out, err = said("check", answer(plain(RIGHT)))
    assert (status, err) == (0, [])
    assert out == [
        "freeze_all_but_fc",
        "  ok    in glyphnet, fc.weight and fc.bias are what is left to train",
        "  ok    a model that arrives frozen as a whole gets its head back",
    ]
    assert record(home)["passed"] is True


def test_a_wrong_file_is_offered_a_hint_for_the_terminal(answer, home):
    status, out, err = said("check", answer(plain(WRONG)))
    assert (status, err) == (1, [])
    assert out[-1] == "  Hint 1 of 3: headstart hint freeze_all_but_fc"
    status, out, _ = said("hint", "freeze_all_but_fc")
    assert status == 0 and out[0] == "Hint 1 of 3 for freeze_all_but_fc, where to look"
    assert record(home)["hints"] == 1


def test_a_file_needs_none_of_the_notebooks_imports(answer):
    source = (
        "def freeze_all_but_fc(model: nn.Module) -> nn.Module:\n    " + plain(RIGHT).partition("\n    ")[2]
    )
    assert said("check", answer(source))[0] == 0


def test_several_functions_in_one_file_are_reported_in_the_courses_order(answer):
    source = plain(RIGHT) + "\n\ndef box_iou(a, b):\n    raise NotImplementedError\n\nhelper = 3\n"
    status, out, _ = said("check", answer(source))
    assert status == 1
    assert [line for line in out if line and not line.startswith(" ")] == ["freeze_all_but_fc", "box_iou"]
    assert said("check", answer(source), "freeze_all_but_fc")[0] == 0


def test_a_released_notebook_is_not_attempted_and_the_solved_one_passes(home):
    status, out, _ = said("check", str(ROOT / "quizzes/07_freezing/exercises.ipynb"), "freeze_all_but_fc")
    assert status == 1 and out[1].startswith("  not attempted: ")
    assert said("check", str(ROOT / "solutions/07_freezing/exercises.ipynb"))[0] == 0


def test_of_a_notebook_only_definitions_run(answer, home):
    cells = [
        "%matplotlib inline\nimport os",
        "raise RuntimeError('a long training')",
        plain(RIGHT),
        "print(oops)",
    ]
    notebook = {"cells": [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]}
    assert said("check", answer(json.dumps(notebook), "mine.ipynb"))[0] == 0


def test_a_cell_that_python_cannot_read_is_named(answer):
    cells = ["x = [1, 2", plain(RIGHT)]
    notebook = {"cells": [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]}
    status, out, _ = said("check", answer(json.dumps(notebook), "mine.ipynb"))
    assert status == 1
    assert out[0] == (
        "error code cell 1: your code cannot be read: SyntaxError: '[' was never closed (line 1: `x = [1, 2`)"
    )
    assert any(line.startswith("  ok") for line in out)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def f(:\n    pass", "my_answer.py: your code cannot be read: SyntaxError: invalid syntax (line 1: `def f"),
        ("x = {}\ny = x['a']\n", "your code raised KeyError: 'a' (line 2: `y = x['a']`)"),
        ("raise SystemExit", "your code raised SystemExit (line 1: `raise SystemExit`)"),
        ("from freeze import stop", "your code raised ModuleNotFoundError: No module named 'freeze'"),
    ],
)  # fmt: skip
def test_code_that_does_not_load_names_the_line(answer, source, line):
    text = source if "(:" in source else f"{source}\n{plain(RIGHT)}"
    status, out, err = said("check", answer(text))
    assert status == 1 and not err
    assert any(line in shown for shown in out) and not any("Traceback" in shown for shown in out)


def test_a_file_may_import_what_lies_beside_it(answer):
    answer(plain(RIGHT).replace("freeze_all_but_fc", "freeze_for_me"), "my_helpers_for_freezing.py")
    text = "from my_helpers_for_freezing import freeze_for_me\n\n\n"
    text += "def freeze_all_but_fc(m):\n    return freeze_for_me(m)\n"
    assert said("check", answer(text))[0] == 0


def test_a_dataclass_in_the_file_works(answer):
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Part:\n"
        f"    name: str\n\n{plain(RIGHT)}"
    )
    assert said("check", answer(text))[0] == 0


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("notes.txt", "x", "pass a Python file (.py) or a notebook (.ipynb)."),
        ("my_answer.py", "", "there is no function in it."),
        ("my_answer.py", "def freze_all_but_fc(m): pass", "Did you mean 'freeze_all_but_fc'"),
        ("my_answer.py", "def qqqqqq(m): pass", "There are: "),
        ("mine.ipynb", "{}", "is not a notebook of format 4, or a damaged one."),
        ("mine.ipynb", '{"cells": []}', "there is no function in it."),
    ],
)
def test_files_that_cannot_be_checked(answer, name, text, line):
    status, out, err = said("check", answer(text, name))
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith("error: ") and line in err[0]


def test_a_missing_file_a_missing_function_and_an_unknown_exercise(answer, tmp_path):
    assert said("check", str(tmp_path / "no.py"))[2][0].endswith("at the spelling and at the current folder.")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    assert said("check", str(tmp_path / "binary.py"))[2][0].endswith("is not a text file. Save it as UTF-8.")
    path = answer("def freeze_all(m): pass")
    assert said("check", path, "freeze_all_but_fc")[2][0].endswith("in it; there is `freeze_all`.")
    status, _, err = said("check", path, "freze")
    assert status == 2 and "Did you mean" in err[0]


# ------------------------------------------------------------------ hints and solutions


def test_hint_and_solution_of_an_unknown_exercise(home):
    for command in ("hint", "solution"):
        status, out, err = said(command, "frozen")
        assert (status, out, len(err)) == (2, [], 1) and "Did you mean" in err[0]


def test_the_solution_after_a_pass(answer, in_course):
    assert "Next: headstart check FILE or headstart hint" in said("solution", "freeze_all_but_fc")[1][0]
    out = said("check", answer(plain(RIGHT)))[1]
    assert out[-1] == "  Worked solution: headstart solution freeze_all_but_fc"
    assert said("solution", "freeze_all_but_fc")[1][0].endswith("(you have passed)")


# ------------------------------------------------------------------ progress and review


def test_progress_counts_an_exercise_that_passed(answer, in_course):
    said("check", answer(plain(RIGHT)))
    status, out, err = said("progress")
    assert (status, err) == (0, [])
    assert any("Freezing" in line and "1 of 4" in line for line in out), out


def test_review_is_in_text_and_says_where_there_is_nothing_to_do(home):
    status, out, err = said("review")
    assert (status, err) == (0, []) and "There are no cards to review yet." in "\n".join(out)


def test_review_of_an_unknown_lesson(home):
    status, out, err = said("review", "frezing")
    assert (status, out, len(err)) == (2, [], 1) and "Did you mean 'freezing'" in err[0]


# ------------------------------------------------------------------ lab


@pytest.fixture
def started(monkeypatch, home):
    """The commands that `headstart lab` would start; the current folder lies in the course."""
    commands: list[list[str]] = []
    monkeypatch.chdir(ROOT / "quizzes")
    monkeypatch.setattr(cli, "start", lambda command: commands.append(command) or 0)
    return commands


@pytest.mark.parametrize(
    ("arguments", "lesson"),
    [
        ([], "01_confusion_matrix"),
        (["07"], "07_freezing"),
        (["7"], "07_freezing"),
        (["freezing"], "07_freezing"),
    ],
)
def test_lab_opens_the_lesson_with_all_folders_in_sight(started, arguments, lesson):
    assert said("lab", *arguments)[0] == 0
    assert f"--ServerApp.root_dir={ROOT}" in started[0]
    assert f"--LabApp.default_url=/lab/tree/lessons/{lesson}.ipynb" in started[0]
    assert "--no-browser" not in started[0]


def test_lab_without_a_browser(started):
    said("lab", "--no-browser")
    assert "--no-browser" in started[0]


@pytest.mark.parametrize("wanted", ["77", "frezing", ""])
def test_lab_with_an_unknown_lesson(started, wanted):
    status, _, err = said("lab", wanted or " ")
    assert status == 2 and len(err) == 1 and "07_freezing" in err[0] and not started


def test_lab_outside_of_a_course(home):
    status, _, err = said("lab")
    assert status == 2 and len(err) == 1 and "Change to the course folder first" in err[0]


def test_lab_without_jupyterlab(started, monkeypatch):
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    status, _, err = said("lab")
    assert (status, err) == (
        2,
        ["error: JupyterLab is not installed here. Install it: pip install jupyterlab"],
    )
    assert not started


def test_the_started_program_decides_about_the_exit_status():
    assert cli.start([sys.executable, "-c", "import sys; sys.exit(3)"]) == 3


# ------------------------------------------------------------------ doctor


def test_doctor_finds_this_computer_fit(in_course, home):
    status, out, err = said("doctor")
    assert (status, err) == (0, [])
    rows = {line[8:].split("  ")[0].strip(): line[:8].strip() for line in out if line[:8].strip()}
    for what in (
        "Python",
        "torch",
        "torchvision",
        "jupyterlab",
        "ipywidgets",
        "anywidget",
        "weights",
        "lessons",
    ):
        assert rows[what] == "ok", out
    assert not home.exists(), "looking changes nothing"


def test_doctor_names_what_is_missing_and_the_remedy(home, monkeypatch):
    monkeypatch.setitem(doctor.PACKAGES, "no-such-package", ("no_such_package", "nothing works without it"))
    monkeypatch.setattr(doctor, "_oldest", lambda name: "99.1" if name == "torchvision" else None)
    status, out, _ = said("doctor")
    assert status == 1
    text = "\n".join(out)
    assert "missing no-such-package  not installed: nothing works without it" in text
    assert "Install it: pip install no-such-package" in text
    assert 'Update it: pip install "torchvision>=99.1"' in text
    assert out[-1] == "2 needed things are missing."


def test_doctor_sees_a_package_that_does_not_start(home, monkeypatch):
    monkeypatch.setitem(doctor.PACKAGES, "anywidget", ("no_such_module_in_it", "it is needed"))
    finding = next(row for row in doctor.findings() if row.what == "anywidget")
    assert finding.state == doctor.MISSING and "does not start (ModuleNotFoundError" in finding.found


def test_doctor_warns_of_broken_files_and_leaves_them_alone(home):
    home.mkdir()
    (home / "practice.json").write_text("half writ")
    (home / "exercises.json").write_text('{"version": 1, "exercises": {}}')
    (home / "review.broken-1.json").write_text("{}")
    status, out, _ = said("doctor")
    text = "\n".join(out)
    assert status == 0, "a warning is no failure"
    assert re.search(r"warning practice.json +cannot be read", text)
    assert re.search(r"ok      exercises.json +can be read", text)
    assert re.search(r"warning kept aside +review.broken-1.json", text)
    assert (home / "practice.json").read_text() == "half writ"


def test_doctor_says_where_nothing_can_be_kept_and_what_is_scarce(home, monkeypatch):
    home.write_text("a file")
    usage = type("Usage", (), {"free": 0.5e9})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(doctor, "_free_memory", lambda: 0.7)
    rows = {row.what: row for row in doctor.findings()}
    for what in ("your files", "disk", "memory", "lessons"):
        assert rows[what].state == doctor.WARNING and rows[what].remedy.endswith(
            ("yours.", "saved.", "run.", "FOLDER")
        )
    assert str(learning_folder()) in rows["your files"].found


def test_versions_are_compared_as_numbers():
    assert doctor._numbers("2.10.0+cpu") == (2, 10, 0) > doctor._numbers("2.9")
    assert doctor._numbers("2.4.0rc1") == (2, 4)


# ------------------------------------------------------------------ the command itself


def test_a_mistyped_command_is_answered_with_the_nearest():
    status, _, err = said("docter")
    assert status == 2 and "Did you mean 'doctor'?" in err[-1]


def test_help_names_every_command_in_one_line_each():
    out = said("--help")[1]
    lines = out[out.index("Commands:") + 1 :]
    listed = [line.split()[0] for line in lines]
    assert {"lab", "doctor", "check", "hint", "solution", "progress", "review", "question"} <= set(listed)
    assert not any(line.endswith("...") for line in lines), "a first line is too long to be shown"


@pytest.mark.parametrize(
    ("shell", "typed", "wanted"),
    [
        ("bash", "headstart lab 0", {"07_freezing", "01_confusion_matrix"}),
        ("zsh", "headstart hint fr", {"freeze_all_but_fc", "frozen_train_mode"}),
        ("fish", "headstart question freezing.f", {"freezing.flag-sum"}),
    ],
)
def test_shells_complete_names(shell, typed, wanted):
    variables = {
        "_HEADSTART_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": typed,
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=os.environ | variables, cwd=ROOT, capture_output=True, text=True
    )
    found = set(re.findall(r"[\w.-]+", done.stdout))
    assert wanted <= found and "threshold_for_recall" not in found, done


def test_completions_need_no_course_folder(home):
    assert cli.complete_lesson("07") == ["07_freezing"]
    assert set(cli.complete_exercise("")) == set(all_exercises())

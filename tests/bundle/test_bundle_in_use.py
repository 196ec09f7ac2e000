"""The student bundle as a new student meets it: unpacked in an empty folder, with its README alone to follow."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
import venvs

ROOT = Path(__file__).resolve().parents[2]

from autograder.bundle.contents import contents, version  # noqa: E402
from autograder.bundle.writing import zipped  # noqa: E402
from autograder.course import Lesson  # noqa: E402

ASSIGNMENT = "07_freezing"
TOP = f"headstart-{version(ROOT)}"

# One exercise, solved as a student would.
SOLVED = """\
def freeze_all_but_fc(model):
    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in model.fc.parameters():
        parameter.requires_grad = True
    return model
"""
APART = """\
import importlib.util, json, sys
import headstart
print(json.dumps([headstart.__file__, sys.prefix, importlib.util.find_spec("autograder") is not None]))
"""

pytestmark = pytest.mark.xdist_group("bundle")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a student has after unpacking the zip, and nothing else beside it."""
    lessons = [Lesson(path) for path in sorted((ROOT / "course").glob("[0-9]*"))]
    home = tmp_path_factory.mktemp("student")
    archive = home / f"{TOP}.zip"
    archive.write_bytes(zipped(contents(ROOT, lessons, lessons), TOP))
    with zipfile.ZipFile(archive) as members:
        members.extractall(home)
    archive.unlink()
    return home / TOP


def read(path: Path, count: int | None = None) -> nbformat.NotebookNode:
    """Read a notebook, or its first code cells with what stands between."""
    notebook = nbformat.read(path, as_version=4)
    code = [number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if count is not None:
        del notebook.cells[code[count] :]
    return notebook


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")


def use(python: Path, folder: Path) -> None:
    """Run the first cells of a lesson, answer a quiz, and solve an exercise, as a student does."""
    prefix = python.parent.parent.resolve()
    file, found_prefix, has_autograder = json.loads(venvs.ask(python, APART, folder))
    assert Path(file).is_relative_to(prefix) and Path(found_prefix) == prefix
    assert not has_autograder

    lesson = read(folder / "lessons" / f"{ASSIGNMENT}.ipynb", 4)
    venvs.execute(python, lesson, folder / "lessons")
    assert "offline" in printed(next(cell for cell in lesson.cells if cell.cell_type == "code"))

    work = folder / "quizzes" / ASSIGNMENT
    quiz = read(work / "quiz.ipynb")
    for cell in quiz.cells:
        cell.source = cell.source.replace('my_id = ""', 'my_id = "ada"')
        if cell.source.startswith("q2 = None"):
            cell.source = 'q2 = "a"'
    first = next(cell.source for cell in quiz.cells if cell.source.startswith("headstart.question("))
    clicked = first.removesuffix(")") + ', answer="a")'
    number = next(place for place, cell in enumerate(quiz.cells) if cell.source == first)
    quiz.cells.insert(number + 1, nbformat.v4.new_code_cell(clicked))
    venvs.execute(python, quiz, work)
    said = [printed(cell) for cell in quiz.cells if cell.source.startswith("headstart.answered(")]
    assert len(said) == 10
    assert said[0].startswith("Question 1: a") and "from the widget" in said[0]
    assert said[1].startswith("Question 2: a") and "from your assignment" in said[1]
    assert all("not attempted" in line for line in said[2:])
    assert json.loads((work / "answers.json").read_text())["learner"] == "ada"

    exercises = read(work / "exercises.ipynb")
    for cell in exercises.cells:
        if cell.source.startswith("def freeze_all_but_fc"):
            cell.source = SOLVED
    last = next(
        place
        for place, cell in enumerate(exercises.cells)
        if 'headstart.check("freeze_all_but_fc"' in cell.source
    )
    del exercises.cells[last + 1 :]
    venvs.execute(python, exercises, work)
    lines = printed(exercises.cells[last]).splitlines()
    assert lines and all(line.startswith("ok") for line in lines if line and not line.startswith(" "))


def test_the_library_works_where_nothing_else_of_the_course_is(unpacked: Path, tmp_path: Path) -> None:
    """The wheel is unpacked as pip would do it; `test_a_student_follows_the_readme` has pip do it."""
    python = venvs.make(tmp_path / "venv", None, with_pip=False)
    site = venvs.ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    with zipfile.ZipFile(next(unpacked.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    use(python, unpacked)


@pytest.mark.long
def test_a_student_follows_the_readme(unpacked: Path, tmp_path: Path) -> None:
    """The commands of the README, but for the network: the packages of this environment are lent."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (unpacked / "README.md").read_text(), re.M | re.S)
    make, activate, install = blocks[0].splitlines()
    assert make == "python3 -m venv .venv" and activate == ". .venv/bin/activate"
    assert blocks[1] == "headstart lab\n"

    subprocess.run(
        make.replace("python3", sys.executable), shell=True, cwd=unpacked, check=True, env=venvs.clean()
    )
    site = next((unpacked / ".venv" / "lib").glob("python*/site-packages"))
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    # Until Python 3.11 a new environment has a setuptools of its own, which is older than the pinned one.
    venvs.repacked("setuptools", tmp_path)
    offline = venvs.clean(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path), PIP_DISABLE_PIP_VERSION_CHECK="1")
    done = subprocess.run(
        ["bash", "-c", f"{activate} && {install}"], cwd=unpacked, env=offline, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (installed,) = re.findall(r"^Successfully installed (.*)$", done.stdout, re.M)
    others = [name for name in installed.split() if not name.startswith("setuptools-")]
    assert others == [f"headstart-learner-{version(ROOT)}"], "what it needs was not all there"
    use(unpacked / ".venv" / "bin" / "python", unpacked)
    told = subprocess.run(
        ["bash", "-c", f"{activate} && headstart lab --help && headstart doctor"],
        cwd=unpacked,
        env=venvs.clean(),
        capture_output=True,
        text=True,
    )
    assert "JupyterLab" in told.stdout and "Traceback" not in told.stderr, told.stdout + told.stderr
    assert not (unpacked / ".venv" / "bin" / "autograder").exists()

"""The build gives the same bytes every time, and writes all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from tiny_course import NAME, ROOT, write_lesson

from autograder.build import build_course
from autograder.build.__main__ import main
from autograder.build.errors import SourceError
from autograder.course import Course

Edit = Callable[[str, str, str], int]


LESSON_OF_SECTIONS = """\
# ## A sum
#
# ### Explore

# %%
interactive(math.sqrt, x=2)

# %% [markdown]
# ## Too small

# %% tags=["broken"]
math.sqrt(0)

# %% [markdown]
# The end.\
"""


def built_files(root: Path) -> dict[str, bytes]:
    """Return every built file below `root`."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("lessons", "solutions", "quizzes", "headstart")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def test_a_lesson_becomes_seven_files(tiny: Path) -> None:
    changed = build_course(tiny)
    assert [path.as_posix() for path in changed] == [
        f"headstart/exercises/bank/{NAME}.json",
        f"headstart/questions/bank/{NAME}.json",
        f"lessons/{NAME}.ipynb",
        f"quizzes/{NAME}/exercises.ipynb",
        f"quizzes/{NAME}/quiz.ipynb",
        f"solutions/{NAME}/exercises.ipynb",
        f"solutions/{NAME}/quiz.ipynb",
    ]
    assert sorted(built_files(tiny)) == [path.as_posix() for path in changed]


def test_a_lesson_without_exercises_has_a_quiz_and_nothing_else_to_grade(tiny: Path) -> None:
    build_course(tiny)
    folder = tiny / "course" / NAME
    (folder / "exercises.py").unlink()
    (folder / "checks.py").unlink()
    changed = [path.as_posix() for path in build_course(tiny)]
    assert f"quizzes/{NAME}/exercises.ipynb" in changed, "what was built before goes away"
    assert sorted(built_files(tiny)) == [
        f"headstart/questions/bank/{NAME}.json",
        f"lessons/{NAME}.ipynb",
        f"quizzes/{NAME}/quiz.ipynb",
        f"solutions/{NAME}/quiz.ipynb",
    ]
    lesson = Course(tiny / "course").lesson(NAME)
    assert not lesson.has_exercises
    assert (lesson.exercises, lesson.checks, lesson.cells) == ([], [], [])


def test_the_bank_says_what_a_lesson_is_about(tiny: Path, edit: Edit) -> None:
    edit("lesson.py", "# How small is small?", "# *4 minutes.*")
    edit("lesson.py", "# A sum.", LESSON_OF_SECTIONS)
    build_course(tiny)
    bank = json.loads((tiny / "headstart" / "questions" / "bank" / f"{NAME}.json").read_text())
    lesson = nbformat.read(tiny / "lessons" / f"{NAME}.ipynb", as_version=4)
    begins = {
        line[3:]: cell.id for cell in lesson.cells for line in cell.source.splitlines() if line[:3] == "## "
    }
    explorer = next(cell.id for cell in lesson.cells if "### Explore" in cell.source)
    assert bank["about"].pop("cells") == {**begins, "Explore": explorer}
    assert bank["about"] == {
        "title": "Tiny numbers",
        "minutes": 4,
        "sections": ["A sum", "Explore", "Too small"],
        "explorers": ["Explore"],
        "broken": ["Too small"],
        "exercises": [{"name": "halve", "difficulty": "easy", "minutes": 5}, {"name": "repair"}],
    }


def test_two_builds_in_two_places_give_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(tiny, copy)
    build_course(tiny)
    build_course(copy)
    assert built_files(tiny) == built_files(copy)
    assert build_course(tiny) == []


def test_real_course_builds_the_same_in_another_place(tmp_path: Path) -> None:
    for name in ("course", "nbgrader_config.py"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    build_course(tmp_path)
    first = built_files(tmp_path)
    for name in first:
        (tmp_path / name).unlink()
    build_course(tmp_path)
    assert built_files(tmp_path) == first


def test_committed_files_are_up_to_date() -> None:
    stale = [path.as_posix() for path in build_course(ROOT, check=True)]
    assert not stale, f"run `make build` and commit: {', '.join(stale)}"


def test_notebooks_are_valid_and_clean(tiny: Path) -> None:
    build_course(tiny)
    notebooks = {name: content for name, content in built_files(tiny).items() if name.endswith(".ipynb")}
    assert len(notebooks) == 5
    for name, content in notebooks.items():
        text = content.decode("utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), name
        assert text.endswith("}\n") and not text.endswith("\n\n"), name
        assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n", name
        assert set(notebook.metadata) == {"kernelspec", "language_info"}, name
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids), name
        for cell in notebook.cells:
            assert cell.get("outputs", []) == [] and cell.get("execution_count") is None, name


def test_a_new_cell_leaves_the_ids_of_the_others_alone(tiny: Path, edit: Edit) -> None:
    build_course(tiny)
    path = tiny / "lessons" / f"{NAME}.ipynb"
    before = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    edit("lesson.py", "# %% [markdown]\n# A sum.", "# %% [markdown]\n# New.\n\n# %% [markdown]\n# A sum.")
    assert [changed.as_posix() for changed in build_course(tiny)] == [f"lessons/{NAME}.ipynb"]
    after = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    assert before.items() < after.items()


def test_cells_with_the_same_text_have_different_ids(tiny: Path, edit: Edit) -> None:
    edit("lesson.py", "# %% [markdown]\n# A sum.", "# %% [markdown]\n# A sum.\n\n# %% [markdown]\n# A sum.")
    build_course(tiny)
    cells = nbformat.read(tiny / "lessons" / f"{NAME}.ipynb", as_version=4).cells
    assert len({cell.id for cell in cells}) == len(cells) == 5


def test_check_writes_nothing_and_names_stale_files(
    tiny: Path, edit: Edit, capsys: pytest.CaptureFixture
) -> None:
    assert main(["--check", "--root", str(tiny)]) == 1
    assert built_files(tiny) == {}
    assert main(["--root", str(tiny)]) == 0
    assert main(["--check", "--root", str(tiny)]) == 0
    before = built_files(tiny)
    edit("lesson.py", "# A sum.", "# Another sum.")
    capsys.readouterr()
    assert main(["--check", "--root", str(tiny)]) == 1
    printed = capsys.readouterr()
    assert printed.out == f"not up to date: lessons/{NAME}.ipynb\n"
    assert "make build" in printed.err
    assert built_files(tiny) == before


def test_outputs_of_a_lesson_that_is_gone_are_removed_and_nothing_else(tiny: Path) -> None:
    write_lesson(tiny, "04_gone")
    build_course(tiny)
    mine = tiny / "lessons" / "my notes.ipynb"
    mine.write_text("{}")
    answers = tiny / "quizzes" / "04_gone" / "answers.json"
    answers.write_text("{}")
    shutil.rmtree(tiny / "course" / "04_gone")
    assert len(build_course(tiny)) == 7
    assert not [name for name in built_files(tiny) if "04_gone" in name and not name.endswith("answers.json")]
    assert mine.exists() and answers.exists()
    assert not (tiny / "solutions" / "04_gone").exists()


def test_a_mistake_in_one_lesson_leaves_every_file_as_it_was(tiny: Path, edit: Edit) -> None:
    build_course(tiny)
    before = built_files(tiny)
    edit("lesson.py", "# A sum.", "# Another sum.")
    edit("exercises.py", 'role="stub"', 'role="stubb"')
    with pytest.raises(SourceError):
        build_course(tiny)
    assert built_files(tiny) == before


def test_a_build_touches_no_gradebook(tiny: Path) -> None:
    build_course(tiny)
    assert not list(tiny.rglob("*.db"))


def test_the_command_names_the_mistake_without_a_traceback(
    tiny: Path, edit: Edit, capsys: pytest.CaptureFixture
) -> None:
    line = edit("quiz.yaml", "stem: Which of these is graded-3?", "stemm: Which?")
    assert main(["--root", str(tiny)]) == 1
    error = capsys.readouterr().err
    assert f"quiz.yaml:{line}: questions[2].stemm" in error
    assert "Traceback" not in error

"""Badges and the Colab cell: written everywhere where an address is set, nowhere without one."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "build"))

from tiny_course import LESSON, NAME, write_lesson  # noqa: E402

from autograder.build import build_course  # noqa: E402
from autograder.build.errors import SourceError  # noqa: E402
from autograder.build.platforms import COLAB_HAS, Published, colab_lacks, published, readme  # noqa: E402

ADDRESS = "https://github.com/an-owner/a.course"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
# Colab's are older than what pyproject.toml asks for; the lessons run with them (test_colab.py).
OLDER_ON_COLAB = {"ipython", "ipywidgets"}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one tiny lesson that defines terms in its opening, with the project's own files."""
    write_lesson(tmp_path)
    lesson = tmp_path / "course" / NAME / "lesson.py"
    opening = LESSON.replace("# %% [markdown]\n", '# %% [markdown] terms="small, sum"\n', 1)
    opening = opening.replace("# How small is small?", "# How **small** is a **sum** of tiny numbers?", 1)
    lesson.write_text(opening)
    for name in ("nbgrader_config.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "README.md").write_text("# Tiny\n\n<!-- badges: built -->\n\nText.\n")
    publish(tmp_path, "")
    return tmp_path


def publish(root: Path, address: object) -> None:
    """Set the address in the course's pyproject.toml."""
    path = root / "pyproject.toml"
    line = f"repository = {json.dumps(address)}"
    text, count = re.subn(r"^repository = .*$", line, path.read_text(), flags=re.M)
    assert count == 1
    path.write_text(text)


def built(root: Path) -> dict[str, bytes]:
    """Build, and return every file that the build owns."""
    build_course(root)
    names = ("lessons", "quizzes", "solutions", "headstart")
    files = [path for name in names for path in (root / name).rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in [*files, root / "README.md"]}


def cells(root: Path) -> list[nbformat.NotebookNode]:
    return nbformat.read(root / "lessons" / f"{NAME}.ipynb", as_version=4).cells


def test_this_project_is_built_for_the_address_that_it_names() -> None:
    where = published(ROOT)
    text = (ROOT / "README.md").read_text()
    first = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))[0]
    assert "<!-- badges:" in text
    assert text == readme(text, where, f"lessons/{first.name}")
    assert ("badge_logo" in text) is (where is not None)
    assert ("badge_logo" in first.read_text()) is (where is not None)


def test_an_address_writes_badges_and_the_colab_cell_and_without_it_they_go_again(course: Path) -> None:
    plain, before = built(course), cells(course)
    assert not [
        name for name, content in plain.items() if b"mybinder" in content or b"colab" in content.lower()
    ]

    publish(course, ADDRESS)
    with_badges, after = built(course), cells(course)
    changed = {name for name in plain if plain[name] != with_badges[name]}
    lesson = f"lessons/{NAME}.ipynb"
    cards = "headstart/flashcards/cards.json"  # they lead to the same places as the glossary
    assert changed == {"README.md", lesson, "lessons/glossary.ipynb", cards}
    for text in (after[0].source, with_badges["README.md"].decode()):
        links = dict(re.findall(r"\[!\[(Open in \w+)\]\([^)]+\)\]\(([^)]+)\)", text))
        assert unquote(links["Open in Binder"]).endswith(f"/gh/an-owner/a.course/v{VERSION}?labpath={lesson}")
        assert links["Open in Colab"].endswith(f"/github/an-owner/a.course/blob/v{VERSION}/{lesson}")
    assert after[0].source.startswith(before[0].source.splitlines()[0] + "\n\n[![")
    # One cell more, and the others are the same, their ids too.
    assert after[1].cell_type == "code" and len(after[1].source.splitlines()) <= 6
    assert after[2:] == before[1:]

    publish(course, "")
    assert built(course) == plain


def test_the_glossary_leads_to_the_opening_with_badges(course: Path) -> None:
    publish(course, f"{ADDRESS}.git")
    build_course(course)
    glossary = (course / "lessons" / "glossary.ipynb").read_text()
    assert set(re.findall(r"#cell-id=(\w+)", glossary)) == {cells(course)[0].id}


@pytest.mark.parametrize(
    "address", ["http://github.com/a/b", "https://gitlab.com/a/b", "a/b", f"{ADDRESS}/tree", 7]
)
def test_an_address_that_colab_cannot_open_is_refused(course: Path, address: object) -> None:
    publish(course, address)
    with pytest.raises(
        SourceError, match=r"pyproject.toml: tool.headstart.repository: is .*; expected https://git"
    ):
        build_course(course)


def test_what_colab_lacks_must_be_pinned(course: Path) -> None:
    publish(course, ADDRESS)
    (course / "constraints.txt").write_text("torch==2.15.0\n")
    with pytest.raises(SourceError, match=r"constraints.txt: '[a-z]+' has no exact version"):
        build_course(course)


# ------------------------------------------------------------------------------------------- what Colab has


def dependencies() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"]]


def test_colab_keeps_its_own_torch_and_widgets() -> None:
    lacks = colab_lacks([str(requirement) for requirement in dependencies()])
    assert lacks and not {"torch", "torchvision", "numpy", "ipywidgets"} & set(lacks)


def test_what_is_fetched_needs_nothing_that_colab_has_not() -> None:
    lacks = set(colab_lacks([str(requirement) for requirement in dependencies()]))
    for name in lacks:
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert requirement.name.lower().replace("_", "-") in lacks | COLAB_HAS.keys(), (
                    f"{name}: {text}"
                )


def test_what_colab_has_is_new_enough() -> None:
    older = {
        requirement.name
        for requirement in dependencies()
        if requirement.name in COLAB_HAS and not requirement.specifier.contains(COLAB_HAS[requirement.name])
    }
    assert older <= OLDER_ON_COLAB


def test_the_cell_names_the_release_and_what_colab_lacks() -> None:
    source = Published("an-owner/a.course", "v0.1.0", ("simpleeval==1.0.8",)).colab_cell()
    archive = f"{ADDRESS}/archive/refs/tags/v0.1.0.zip"
    assert f"%pip install --quiet --no-deps {archive} simpleeval==1.0.8" in source

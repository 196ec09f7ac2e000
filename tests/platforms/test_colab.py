"""The lessons on Colab: the cell that fetches the course touches nothing that is installed, and widgets are shown.

Colab itself cannot be had here. Its module `google.colab` has a stand-in (`colab_stub`), and its packages are those of
this environment that it preinstalls too (`COLAB_HAS`), without those that it lacks.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
STUB = HERE / "colab_stub"
sys.path.insert(0, str(ROOT / "tests" / "bundle"))

import venvs  # noqa: E402

from autograder.build.lessons import read_lesson  # noqa: E402
from autograder.build.platforms import COLAB_HAS, Published, published  # noqa: E402
from headstart.questions.banks import find_question  # noqa: E402

ADDRESS = "https://github.com/an-owner/a.course"
LESSON = "07_freezing"
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = """\
import importlib.metadata as m, json, os
found = {}
for d in m.distributions():
    record = d.locate_file(d.files[0]) if d.files else None
    found[d.metadata["Name"]] = [d.version, str(d._path), os.stat(d._path).st_mtime_ns]
print(json.dumps(found))
"""


@pytest.fixture
def where(tmp_path: Path) -> Published:
    """A public copy of this course."""
    for name in ("pyproject.toml", "constraints.txt"):
        text = (ROOT / name).read_text()
        (tmp_path / name).write_text(
            re.sub(r"^repository = .*$", f'repository = "{ADDRESS}"', text, flags=re.M)
        )
    found = published(tmp_path)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------- the cell


def test_the_cell_fetches_the_course_only_where_it_is_missing(
    where: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, asked = InteractiveShell(), []
    shell.register_magic_function(asked.append, magic_name="pip")
    assert shell.run_cell(where.colab_cell()).success
    assert asked == []
    monkeypatch.setitem(sys.modules, "headstart", None)  # an import of it fails now
    assert shell.run_cell(where.colab_cell()).success
    assert [line.split()[:4] for line in asked] == [["install", "--quiet", "--no-deps", where.archive]]
    assert {name.split("==")[0] for name in asked[0].split()[4:]} == {
        name.split("==")[0] for name in where.colab_lacks
    }


# ------------------------------------------------------------------------------------------------ the widgets


def test_a_question_asks_colab_for_widgets_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colab shows widgets that are not its own only after `enable_custom_widget_manager()`; anywidget calls it."""
    import anywidget._util as anywidget_util

    from headstart.questions.state import Store
    from headstart.questions.widget import QuestionWidget

    monkeypatch.chdir(tmp_path)
    for name in ("google", "google.colab", "google.colab.output"):
        monkeypatch.setitem(sys.modules, name, None)  # so that what was there before comes back
        del sys.modules[name]
    monkeypatch.syspath_prepend(str(STUB))
    import google.colab.output as output

    anywidget_util.enable_custom_widget_manager_once.cache_clear()
    try:
        for name in ("freezing.bn-elements", "freezing.cache"):
            widget = QuestionWidget(find_question(name), Store())
            data, metadata = widget._repr_mimebundle_()
            assert data[WIDGET]["model_id"] and data["text/plain"] == widget.plain
            assert metadata[WIDGET]["colab"]["custom_widget_manager"]["url"] == output._widgets._installed_url
        assert output.calls == 1
    finally:
        anywidget_util.enable_custom_widget_manager_once.cache_clear()


# ------------------------------------------------------------------------------------------------- the lesson


def archive_of_this_checkout(folder: Path) -> Path:
    """Write a zip as GitHub makes it of a tag: what git has, below one folder."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    path = folder / "v0.1.0.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in listing.stdout.splitlines():
            if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "solutions/")):
                archive.write(ROOT / name, f"a.course-0.1.0/{name}")
    return path


def colab_lesson(where: Published, archive: Path, count: int) -> nbformat.NotebookNode:
    """Return the lesson as it is built for a public copy, up to its `count`th code cell, with the archive's file."""
    folder = ROOT / "course" / LESSON
    notebook = nbformat.reads(read_lesson(ROOT, folder).notebook("", where).text, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][:count]
    assert where.archive in code[0].source
    code[0].source = code[0].source.replace(where.archive, archive.as_uri())
    last = nbformat.v4.new_code_cell(
        "import json, google.colab.output as output, ipywidgets, IPython\n"
        "print(json.dumps([output.calls, headstart.__file__, ipywidgets.__version__, IPython.__version__]))"
    )
    return nbformat.v4.new_notebook(cells=[*code, last])


def run_on_colab(
    python: Path, where: Published, folder: Path, count: int
) -> tuple[nbformat.NotebookNode, list[object]]:
    """Run the lesson, assert that what was installed is as it was; return the notebook and what it said last."""
    wheels = folder / "wheels"
    wheels.mkdir()
    for name in ("setuptools", *(pin.split("==")[0] for pin in where.colab_lacks)):
        venvs.repacked(name, wheels)
    before = json.loads(venvs.ask(python, STATE))
    assert not before.keys() & {*venvs.OURS, *(pin.split("==")[0] for pin in where.colab_lacks)}
    content = folder / "content"
    content.mkdir()
    notebook = venvs.execute(
        python,
        colab_lesson(where, archive_of_this_checkout(folder), count),
        content,
        ["--IPKernelApp.exec_lines=import google.colab.output"],  # Colab's kernel has imported it too
        PYTHONPATH=str(STUB),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(wheels),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )
    after = json.loads(venvs.ask(python, STATE))
    new = {name for name in after if name not in before}
    assert new == {"headstart-course", *(pin.split("==")[0] for pin in where.colab_lacks)}
    assert {name: after[name] for name in before} == before, "something that was there has changed"
    return notebook, json.loads(notebook.cells[-1].outputs[-1].text)


@pytest.fixture
def colab(tmp_path: Path) -> Path:
    """The Python of an environment with those of our packages that Colab preinstalls, and what these need."""
    venvs.lend(venvs.with_requirements(COLAB_HAS), tmp_path / "preinstalled")
    return venvs.make(tmp_path / "colab", tmp_path / "preinstalled", with_pip=True)


@pytest.mark.long
def test_a_lesson_runs_on_colab_and_nothing_is_installed_again(
    colab: Path, where: Published, tmp_path: Path
) -> None:
    notebook, (calls, file, *_) = run_on_colab(colab, where, tmp_path, 8)
    assert calls == 1, "widgets have not been asked for"
    assert Path(file).is_relative_to(tmp_path / "colab")
    assert "offline" in "".join(output.get("text", "") for output in notebook.cells[1].outputs)
    shown = [output.data for cell in notebook.cells for output in cell.outputs if "data" in output]
    assert any(WIDGET in data for data in shown)

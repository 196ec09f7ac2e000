"""How notebooks become pages: links, outputs, questions; and what stops the build."""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat
import pytest
from executed import COMPUTES, kept_path, library_digest, with_outputs
from pages import (
    PageError,
    Source,
    cards_in,
    cut_at_result,
    heading_slug,
    imported,
    markdown,
    page_script,
    relinked,
    shown_output,
    without_paths,
)

import headstart

ROOT = Path(__file__).resolve().parents[2]
PIXEL = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x05\x00\x00\x00\x03\x08\x02\x00\x00\x00"
).decode()


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("08_fine_tuning_strategies.ipynb", "../lessons/08_fine_tuning_strategies.ipynb"),
        (
            "07_freezing.ipynb#What-moves?-One-training-step",
            "../lessons/07_freezing.ipynb#what-moves-one-training-step",
        ),
        ("07_freezing.ipynb#cell-id=ab12", "#cell-ab12"),
        ("#Explore:-where-the-elements-are", "#explore-where-the-elements-are"),
        ("../quizzes/07_freezing/exercises.ipynb", "../hand_in.md#hand-in-07-freezing"),
        ("glossary.ipynb", "../glossary.md"),
        ("cheat_sheet.html", "../cheat_sheet.md"),
        ("https://arxiv.org/abs/1512.03385", "https://arxiv.org/abs/1512.03385"),
    ],
)
def test_links_of_notebooks_lead_to_pages(link: str, page: str) -> None:
    assert relinked(f"See [*there*]({link}).", "lessons", {"cell-ab12"}) == f"See [*there*]({page})."


@pytest.mark.parametrize("link", ["../solutions/07_freezing/quiz.ipynb", "07_freezing.ipynb#cell-id=ff"])
def test_a_link_to_what_the_site_lacks_stops_the_build(link: str) -> None:
    with pytest.raises(PageError, match="link"):
        relinked(f"[there]({link})", "lessons", set())


def test_headings_get_the_anchors_that_the_pages_have() -> None:
    assert (
        heading_slug("Break it: the average that averages nothing")
        == "break-it-the-average-that-averages-nothing"
    )


def test_pictures_from_other_machines_become_words() -> None:
    badge = "[![Open in Colab](https://example.org/badge.svg)](https://example.org/open)"
    assert markdown(badge).source == "[Open in Colab](https://example.org/open)"


def test_a_figure_becomes_a_file_with_its_text(tmp_path: Path) -> None:
    picture = f'<img src="data:image/png;base64,{PIXEL}" alt="a &amp; b">'
    output = nbformat.v4.new_output(
        "display_data", {"text/html": picture, "image/png": PIXEL, "text/plain": "a & b"}
    )
    (shown,) = shown_output("07_freezing", output, Source(tmp_path))
    (file,) = (tmp_path / "static" / "figures").iterdir()
    html = shown.data["text/html"]
    assert file.read_bytes() == base64.b64decode(PIXEL)
    assert f'src="../_static/figures/{file.name}" alt="a &amp; b" width="5" height="3"' in html


def test_widgets_and_folders_of_this_machine_are_left_out(tmp_path: Path) -> None:
    widget = nbformat.v4.new_output(
        "display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "0%|"}
    )
    assert list(shown_output("07_freezing", widget, Source(tmp_path))) == []
    folder = Path(headstart.__file__).parent
    assert without_paths(f"{folder}/data.py:3: Warning") == "headstart/data.py:3: Warning"
    assert without_paths("(/opt/lib/site-packages/torch/nn.py:1)") == "(torch/nn.py:1)"


def test_questions_are_found_in_cells() -> None:
    assert cards_in("x", 'headstart.question("a.b")') == ([("question", "a.b")], True)
    assert cards_in("x", 'n = 3\nheadstart.predict("a.c")') == ([("predict", "a.c")], False)
    assert cards_in("x", 'headstart.predict("a.c", measured=3)') == ([], False)
    assert cards_in("x", "%%time\n1 +") == ([], False)
    with pytest.raises(PageError, match="write the id out"):
        cards_in("x", "headstart.question(name)")


def test_a_result_without_its_prediction_stops_the_build() -> None:
    with pytest.raises(PageError, match="no prediction of this lesson"):
        cut_at_result("07_freezing", "loss 3\nYou made no guess; measured 4.\nand so on\n")


def test_pages_use_the_widget_of_the_notebooks(tmp_path: Path) -> None:
    widget = (ROOT / "headstart" / "questions" / "widget.js").read_text(encoding="utf-8")
    assert widget.replace("export default ", "const headstartWidget = ") in page_script(ROOT)
    changed = tmp_path / "headstart" / "questions" / "widget.js"
    changed.parent.mkdir(parents=True)
    changed.write_text('import "./other.js";\nexport default {};\n')
    with pytest.raises(PageError, match="import nothing"):
        page_script(tmp_path)


def test_outputs_belong_to_the_code_that_made_them(tmp_path: Path) -> None:
    paths = [tmp_path / "now.ipynb", tmp_path / "then.ipynb"]
    for path, source in zip(paths, ("1", "2"), strict=True):
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    with pytest.raises(ValueError, match="outputs of other code"):
        with_outputs(*paths)


def test_all_that_lessons_compute_with_decides_whether_they_run_again() -> None:
    notebooks = [nbformat.read(path, as_version=4) for path in (ROOT / "lessons").glob("[0-9]*.ipynb")]
    modules = {module.split(".")[1] for module in imported(notebooks)}
    assert modules and modules <= {name.removesuffix(".py") for name in COMPUTES}


def test_what_no_build_writes_is_removed(tmp_path: Path) -> None:
    first = Source(tmp_path)
    first.write("lessons/old.md", "old")
    first.write("lessons/kept.md", "kept")
    second = Source(tmp_path)
    second.write("lessons/kept.md", "kept")
    second.finish()
    assert [path.name for path in tmp_path.rglob("*.md")] == ["kept.md"]


def test_a_lesson_runs_again_only_when_it_or_the_library_changes(tmp_path: Path) -> None:
    notebook = tmp_path / "01_x.ipynb"
    text, code = nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell("1")
    nbformat.write(nbformat.v4.new_notebook(cells=[text, code]), notebook)
    before = kept_path(notebook, tmp_path)
    nbformat.write(nbformat.v4.new_notebook(cells=[code]), notebook)
    assert kept_path(notebook, tmp_path) == before
    code.source = "2"
    nbformat.write(nbformat.v4.new_notebook(cells=[code]), notebook)
    assert kept_path(notebook, tmp_path) != before
    library = tmp_path / "headstart"
    (library / "questions").mkdir(parents=True)
    (library / "data.py").write_text("1")
    digest = library_digest(tmp_path)
    (library / "questions" / "text.py").write_text("2")
    assert library_digest(tmp_path) == digest
    (library / "data.py").write_text("2")
    assert library_digest(tmp_path) != digest

"""The glossary: sentences found by their bold terms, links, and messages that help an author."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from tiny_course import NAME, ROOT, write_lesson

from autograder.build import build_course
from autograder.build.errors import SourceError
from autograder.build.glossary import build_glossary, check_once, define
from autograder.build.percent import SourceCell

Edit = Callable[[str, str, str], int]
SHOWN = Path("course/03_tiny/lesson.py")


def cell(source: str, terms: object, cell_type: str = "markdown") -> SourceCell:
    return SourceCell(cell_type, source, 7, {"terms": terms})


def sentence(source: str, term: str) -> str:
    [definition] = define(SHOWN, [cell(source, term)], 3)
    return definition.sentence


@pytest.mark.parametrize(
    ("source", "term", "expected"),
    [
        ("A **leak** is bad for you.", "leak", "A **leak** is bad for you."),
        ("One. **Leaks** are bad for you. Two.", "leaks", "**Leaks** are bad for you."),
        ("Is it? The **test\nset** is for\nthe end. More.", "test set", "The **test set** is for the end."),
        (
            "# T\n\nFirst 0.5 is\nhalf. A **sum** of 1.5 and 2 is 3.5. Then.",
            "sum",
            "A **sum** of 1.5 and 2 is 3.5.",
        ),
        (
            "- **A** is not it.\n- **B** is the second one\n  of two.\n- **C** is.",
            "B",
            "**B** is the second one of two.",
        ),
        ("1. Text here.\n2. The **odd** one is here.", "odd", "The **odd** one is here."),
        ("> The **quote** is a sentence.", "quote", "The **quote** is a sentence."),
        ("| a | b |\n|---|---|\n| **x** | y |\n\nAn **x** is a letter.", "y", None),
        (
            "So the **F1** of e.g. two is (as said) high. It",
            "F1",
            "So the **F1** of e.g. two is (as said) high.",
        ),
        ("(The **aside** stands in brackets.) More.", "aside", "(The **aside** stands in brackets.)"),
        ("Use `a.b`. A **call** such as `f(x. y)` is code.", "call", "A **call** such as `f(x. y)` is code."),
        ("**Question:** no. Is a **guess** a number too? Yes.", "guess", "Is a **guess** a number too?"),
    ],
)
def test_the_sentence_around_the_term(source: str, term: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(SourceError, match="does not stand in bold"):
            sentence(source, term)
    else:
        assert sentence(source, term) == expected


def test_terms_come_in_the_order_of_the_header_with_the_number_of_their_cell() -> None:
    plain = SourceCell("markdown", "A **leak** that nobody asks for.", 1)
    defining = cell(
        "The **test set** is\nfor the end. A **leak** and a **hole** are bad.", "leak, test set, hole"
    )
    found = define(SHOWN, [plain, defining], 3)
    assert [(one.term, one.cell, one.lesson, one.folder) for one in found] == [
        ("leak", 1, 3, "03_tiny"),
        ("test set", 1, 3, "03_tiny"),
        ("hole", 1, 3, "03_tiny"),
    ]
    assert found[0].sentence == found[2].sentence == "A **leak** and a **hole** are bad."
    assert found[0].plain_sentence == "A leak and a hole are bad."
    assert define(SHOWN, [plain], 3) == []


@pytest.mark.parametrize(
    ("source", "terms", "message"),
    [
        ("The **test set** is for the end.", "tset set", "did you mean 'test set'?"),
        (
            "The **test set** is for the end.",
            "leak",
            "In bold here: 'test set'. Write the term in `terms` as it",
        ),
        (
            "No bold here at all.",
            "leak",
            r"there is no bold text in this cell; write \*\*leak\*\* in the sentence",
        ),
        ("## The **leak**\n\nText.", "leak", "stands in bold in a heading, a table or code"),
        ("| a | b |\n|---|---|\n| **leak** | x |", "leak", "stands in bold in a heading, a table or code"),
        ("A **leak** without an end", "leak", r"the sentence around \*\*leak\*\* has no end"),
        ("A **leak**. Then more text.", "leak", r"'A \*\*leak\*\*.' is too short for a definition of 'leak'"),
        ("A **leak** is bad for you.", "leak, ", "has an empty place"),
        ("A **leak** is bad for you.", "", "has an empty place"),
        ("A **leak** is bad for you.", ["leak"], "write one text with commas"),
    ],
)
def test_messages(source: str, terms: object, message: str) -> None:
    with pytest.raises(SourceError, match=rf"course/03_tiny/lesson\.py:\d+: terms: .*{message}"):
        define(SHOWN, [cell(source, terms)], 3)


def test_terms_at_a_code_cell() -> None:
    with pytest.raises(SourceError, match=r"lesson\.py:7: terms: stands at a code cell"):
        define(SHOWN, [cell("x = 1", "x", "code")], 3)


def test_the_line_is_that_of_the_term_where_its_sentence_is_at_fault() -> None:
    with pytest.raises(SourceError, match=r"lesson\.py:10: terms: the sentence around"):
        define(SHOWN, [cell("Text.\n\nA **leak** has no end", "leak")], 3)


def test_a_term_that_is_defined_twice_names_both_places() -> None:
    first = define(Path("course/01_one/lesson.py"), [cell("A **leak** is bad for you.", "leak")], 1)
    second = define(SHOWN, [cell("A **Leak** is very bad.", "Leak")], 3)
    with pytest.raises(
        SourceError,
        match=r"course/03_tiny/lesson\.py:7: terms: 'Leak' is defined already in course/01_one/lesson",
    ):
        check_once([*first, *second])


def test_entries_are_sorted_and_one_cell_holds_one_initial() -> None:
    source = "A **leak** is bad for you. The **Bootstrap** draws from data. **bias** is what a layer adds."
    definitions = define(SHOWN, [cell(source, "leak, Bootstrap, bias")], 3)
    notebook = nbformat.reads(build_glossary(definitions, lambda one: f"id-{one.cell}"), as_version=4)
    assert [entry.cell_type for entry in notebook.cells] == ["markdown"] * 3
    assert notebook.cells[1].source == (
        "## B\n\n"
        "- **bias**: bias is what a layer adds. ([lesson 3](03_tiny.ipynb#cell-id=id-0))\n"
        "- **Bootstrap**: The Bootstrap draws from data. ([lesson 3](03_tiny.ipynb#cell-id=id-0))"
    )
    assert notebook.cells[2].source.startswith("## L\n\n- **leak**: A leak is bad for you.")


def define_in_tiny(edit: Edit) -> None:
    edit(
        "lesson.py",
        "# %% [markdown]\n# A sum.",
        '# %% [markdown] terms="sum"\n# A **sum** is what adding gives.\n#\n# ## Key result\n#\n# It is not exact.',
    )


def test_the_build_writes_the_glossary_and_links_to_it(tiny: Path, edit: Edit) -> None:
    define_in_tiny(edit)
    assert Path("lessons/glossary.ipynb") in build_course(tiny)
    lesson = nbformat.read(tiny / "lessons" / f"{NAME}.ipynb", as_version=4)
    [defining] = [entry for entry in lesson.cells if "## Key result" in entry.source]
    assert defining.source.startswith("A **sum** is")
    assert "[glossary](glossary.ipynb)" in defining.source
    assert "terms" not in defining.metadata
    glossary = nbformat.read(tiny / "lessons" / "glossary.ipynb", as_version=4)
    assert f"({NAME}.ipynb#cell-id={defining.id})" in glossary.cells[1].source
    assert build_course(tiny) == []


def test_without_terms_there_is_no_glossary_and_an_old_one_goes(tiny: Path, edit: Edit) -> None:
    define_in_tiny(edit)
    build_course(tiny)
    edit("lesson.py", ' terms="sum"', "")
    build_course(tiny)
    assert not (tiny / "lessons" / "glossary.ipynb").exists()
    assert "glossary" not in (tiny / "lessons" / f"{NAME}.ipynb").read_text(encoding="utf-8")


def test_a_mistyped_key_is_named(tiny: Path, edit: Edit) -> None:
    line = edit(
        "lesson.py", "# %% [markdown]\n# A sum.", '# %% [markdown] term="sum"\n# A **sum** is a number.'
    )
    with pytest.raises(
        SourceError, match=rf"lesson\.py:{line}: cell metadata 'term': unknown key; did you mean"
    ):
        build_course(tiny)


def test_a_second_lesson_that_defines_the_same_term(tiny: Path, edit: Edit) -> None:
    define_in_tiny(edit)
    write_lesson(tiny, "04_next")
    shutil.copy(tiny / "course" / NAME / "lesson.py", tiny / "course" / "04_next" / "lesson.py")
    path = tiny / "course" / "04_next" / "lesson.py"
    path.write_text(path.read_text(encoding="utf-8").replace("Lesson 3", "Lesson 4"), encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"course/04_next/lesson\.py:\d+: terms: 'sum' is defined already in"
    ):
        build_course(tiny)


def test_every_lesson_links_to_the_glossary_and_every_entry_to_a_cell_with_its_term() -> None:
    lessons = {
        path.name: nbformat.read(path, as_version=4).cells
        for path in sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
    }
    for name, cells in lessons.items():
        assert any("[glossary](glossary.ipynb)" in one.source for one in cells), (
            f"{name} has no Key-result cell"
        )
    glossary = nbformat.read(ROOT / "lessons" / "glossary.ipynb", as_version=4)
    entries = [line for one in glossary.cells for line in one.source.splitlines() if line.startswith("- ")]
    assert entries
    for entry in entries:
        term, name, cell_id = re.fullmatch(r"- \*\*(.+?)\*\*: .*\((\S+)#cell-id=(\w+)\)\)", entry).groups()
        [source] = [" ".join(one.source.split()) for one in lessons[name] if one.id == cell_id]
        assert f"**{term}**".casefold() in source.casefold(), entry

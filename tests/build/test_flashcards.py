"""A flashcard for each term: its two sides, its section, the cell that it leads to."""

from __future__ import annotations

import json
from pathlib import Path

from tiny_course import NAME, ROOT

from autograder.build import build_course
from autograder.build.glossary import define
from autograder.build.percent import SourceCell

SHOWN = Path("course/03_tiny/lesson.py")


def read_cards(root: Path) -> list[dict]:
    return json.loads((root / "headstart" / "flashcards" / "cards.json").read_text(encoding="utf-8"))


def test_each_term_becomes_a_card_that_leads_to_its_cell(tiny: Path) -> None:
    lesson = tiny / "course" / NAME / "lesson.py"
    text = lesson.read_text() + (
        '\n# %% [markdown]\n# ## How to add\n\n# %% [markdown] terms="Sum, leak"\n'
        "# A **sum** is what adding gives. A **leak** loses water, `drop` by drop.\n"
    )
    lesson.write_text(text)
    build_course(tiny)
    cells = json.loads((tiny / "lessons" / f"{NAME}.ipynb").read_text())["cells"]
    assert read_cards(tiny) == [
        {
            "id": "sum",
            "term": "Sum",
            "definition": "A **sum** is what adding gives.",
            "lesson": NAME,
            "section": "How to add",
            "cell": cells[-1]["id"],
        },
        {
            "id": "leak",
            "term": "leak",
            "definition": "A **leak** loses water, `drop` by drop.",
            "lesson": NAME,
            "section": "How to add",
            "cell": cells[-1]["id"],
        },
    ]
    lesson.write_text(text.replace(' terms="Sum, leak"', ""))
    build_course(tiny)
    assert not (tiny / "headstart" / "flashcards" / "cards.json").exists()


def test_the_section_is_the_heading_above_the_term() -> None:
    source = "# T\n\nThe **odd** one is here.\n\n## One\n\nThe **leak** is bad for you.\n\n### Two\n\nText."
    cells = [
        SourceCell("markdown", source, 1, {"terms": "odd, leak"}),
        SourceCell("code", "## no heading", 9),
        SourceCell("markdown", "The **sum** of it is here.", 12, {"terms": "sum"}),
    ]
    assert [one.section for one in define(SHOWN, cells, 3)] == [None, "One", "Two"]


def test_the_cards_of_the_course_are_those_of_its_glossary() -> None:
    glossary = json.loads((ROOT / "lessons" / "glossary.ipynb").read_text(encoding="utf-8"))
    terms = sum("".join(cell["source"]).count("\n- **") for cell in glossary["cells"])
    cards = read_cards(ROOT)
    assert len(cards) == terms == len({card["id"] for card in cards})

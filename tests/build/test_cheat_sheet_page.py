"""The cheat sheet's page: what is shown, what is left out, and messages for authors."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from tiny_course import NAME

from autograder.build import build_course
from autograder.build.errors import SourceError

SHEET = """\
# %% tags=["stand-ins"]
secret_stand_in = 3

# %% [markdown]
# # Sheet of `tiny`
#
# All of it.

# %% [markdown]
# ## Compare

# %%
is_small = secret_stand_in < 5 and "a" != "b"
"""


def write(tiny: Path, text: str) -> None:
    (tiny / "course" / "cheat_sheet.py").write_text(text, encoding="utf-8")


def test_the_page_shows_all_but_the_stand_ins(tiny: Path) -> None:
    write(tiny, SHEET)
    assert Path("lessons/cheat_sheet.html") in build_course(tiny)
    page = (tiny / "lessons" / "cheat_sheet.html").read_text(encoding="utf-8")
    assert "<title>Sheet of tiny</title>" in page and "<h2>Compare</h2>" in page
    assert 'is_small = secret_stand_in &lt; 5 and "a" != "b"' in page
    assert "secret_stand_in = 3" not in page
    assert build_course(tiny) == []
    (tiny / "course" / "cheat_sheet.py").unlink()
    assert build_course(tiny) == [Path("lessons/cheat_sheet.html")]
    assert not (tiny / "lessons" / "cheat_sheet.html").exists()


def test_the_key_result_of_a_lesson_links_to_it(tiny: Path) -> None:
    write(tiny, SHEET)
    lesson = tiny / "course" / NAME / "lesson.py"
    lesson.write_text(
        lesson.read_text(encoding="utf-8") + "\n# %% [markdown]\n# ## Key result\n#\n# Small.\n",
        encoding="utf-8",
    )
    build_course(tiny)
    [last] = nbformat.read(tiny / "lessons" / f"{NAME}.ipynb", as_version=4).cells[-1:]
    assert last.source.startswith("## Key result\n\nSmall.\n\n")
    assert "[cheat sheet](cheat_sheet.html)" in last.source and "glossary" not in last.source


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "# # Sheet of `tiny`",
            "# Sheet",
            r"cheat_sheet\.py:4: title: begin with a Markdown cell `# <title>`",
        ),
        (
            "# ## Compare",
            "# Compare",
            r"cheat_sheet\.py:9: heading: begin each Markdown cell with `## <heading>`",
        ),
        ("# %% [markdown]\n# ## Compare\n\n", "", r"cheat_sheet\.py:9: code cell: has no heading"),
        (
            '"b"',
            repr("b" * 40),
            r"cheat_sheet\.py:13: line of code: has 8\d characters; a printed column holds 60",
        ),
        ("< 5", "< < 5", r"cheat_sheet\.py:13: code cell: invalid syntax"),
    ],
)
def test_messages(tiny: Path, old: str, new: str, message: str) -> None:
    assert SHEET.count(old) == 1
    write(tiny, SHEET.replace(old, new))
    with pytest.raises(SourceError, match=message):
        build_course(tiny)

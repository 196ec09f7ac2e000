"""How progress is shown: as text with headings, and as a page that says in words what its bars show."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import headstart
from headstart.lessons import load_lessons
from headstart.overview.gather import gather
from headstart.overview.page import STYLES, as_html
from headstart.overview.text import COLUMNS, as_text
from headstart.questions.state import Store


def fill() -> None:
    store = Store()
    store.keep_prediction("freezing.predict-drift", 10.0, 2.5)
    store.keep_prediction("thresholds.predict-lower", "recall")
    store.keep_answer("freezing.bn-elements", "o1", "ada", True)


def test_the_text_is_a_table_with_headings() -> None:
    fill()
    lines = as_text(gather()).splitlines()
    assert lines[:3] == ["Your progress", "", next(line for line in lines if line.startswith("Lesson"))]
    assert lines[2].split() == list(COLUMNS)
    starts = [match.start() for match in re.finditer(r"\S+", lines[2])]
    rows = lines[4 : 4 + len(load_lessons()) + 1]
    assert rows[6].startswith(" 7 Freezing")
    assert rows[-1].startswith("All lessons")
    assert all(row[start - 1] == " " and row[start] != " " for row in rows for start in starts[1:])
    assert max(map(len, lines)) <= 120
    text = "\n".join(lines)
    assert " 7      10 points  2.5 points  off by 7.5 points" in text
    assert "not yet" in text
    assert lines[-3].startswith("Next: go on with lesson 3 · Thresholds")
    assert lines[-1] == "All of this is kept in files on this computer. Nothing is sent anywhere."


class Tables(HTMLParser):
    """Collects the tables of a page: captions, and rows of (tag, scope, text)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.captions: list[str] = []
        self.rows: list[list[tuple[str, str | None, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            return
        self.open.append(tag)
        if tag == "caption":
            self.captions.append("")
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append((tag, dict(attributes).get("scope"), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "caption" in self.open:
            self.captions[-1] += data
        elif {"th", "td"} & set(self.open):
            tag, scope, text = self.rows[-1][-1]
            self.rows[-1][-1] = (tag, scope, text + data)


def test_the_page_says_in_words_what_its_bars_show() -> None:
    fill()
    standing = gather()
    html = as_html(standing)
    page = Tables(html)
    assert page.captions == ["Your progress", "Guesses"]
    assert page.rows[0] == [("th", "col", name) for name in COLUMNS]
    freezing = next(row for row in page.rows if row[0] == ("th", "row", "7 Freezing"))
    assert [text for _, _, text in freezing[1:]] == ["2 of 5", "0 of 10", "0 of 4", "none", "0 of 3", "0"]
    assert all(cell[0] == "td" for row in page.rows[1:14] for cell in row[1:])
    bars = re.findall(r'<span class="hs-bar"[^>]*>', html)
    assert bars and all('aria-hidden="true"' in bar for bar in bars)
    ids = re.findall(r'\bid="([^"]+)"', html + as_html(standing))
    assert len(ids) == len(set(ids)) == 4


def test_the_page_leads_to_the_next_lesson(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = '<a href="{}">lesson 1 · The confusion matrix</a>'
    assert link.format("01_confusion_matrix.ipynb") in as_html(gather())
    monkeypatch.chdir(course / "quizzes" / "07_freezing")
    assert link.format("../../lessons/01_confusion_matrix.ipynb") in as_html(gather())
    monkeypatch.chdir(course.parent)
    assert "<a " not in as_html(gather())


def test_the_page_asks_nothing_of_the_network_and_names_are_escaped(course: Path) -> None:
    Store().keep_prediction("thresholds.predict-lower", "<script>alert(1)</script>", "recall")
    html = as_html(gather())
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"https?:|@import|url\(", html)
    assert all(path.is_file() for path in STYLES)


def test_progress_prints_in_a_terminal_and_displays_in_a_notebook(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert headstart.progress() is None
    assert headstart.progress() is None, "importing the package does not hide the function"
    assert capsys.readouterr().out.startswith("Your progress\n\nLesson")
    shown: list[dict] = []
    monkeypatch.setattr("headstart.questions.widgets_work", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    headstart.progress()
    [data] = shown
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"].startswith("Your progress")
    assert '<div class="hs-card hs-progress">' in data["text/html"]


def test_progress_of_a_folder_outside_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    fill()
    headstart.progress()
    assert "Next: go on with lesson 3 · Thresholds" in capsys.readouterr().out
    assert sorted(path.name for path in desk.iterdir()) == ["answers.json", "answers.json.lock"]

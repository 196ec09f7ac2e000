"""What lies in the built site: no secrets, no dead links, nothing from other machines, no heavy pages."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from autograder.build.quiz_file import load_quiz
from headstart.questions.schema import Question

ROOT = Path(__file__).resolve().parents[2]
LARGEST_PAGE = 1_000_000  # bytes, before images
SHORTEST = 40  # characters of a text that is not found elsewhere by chance
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
}

pytestmark = pytest.mark.xdist_group("site")

SITES = [
    pytest.param("site", id="one lesson run"),
    pytest.param("whole_site", id="all lessons run", marks=pytest.mark.long),
]


@pytest.fixture(params=SITES)
def built(request: pytest.FixtureRequest) -> Path:
    """The site in both forms."""
    return request.getfixturevalue(request.param)


class Elements(HTMLParser):
    """Collects ids, links, and what a page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what one element names."""
        values = {name: value or "" for name, value in attributes}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        shown_later = tag == "link" and values.get("rel") not in ("stylesheet", "preload", "icon")
        if LOADED.get(tag, "") in values and not shown_later:
            self.loads.append(values[LOADED[tag]])


def pages_of(site: Path) -> dict[Path, Elements]:
    """Return the pages with their elements."""
    return {path: Elements(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


# ------------------------------------------------------------------------------------------------- links, weight


def test_every_link_leads_somewhere(built: Path) -> None:
    pages = pages_of(built)
    assert len(pages) > 20
    dead, links = [], 0
    for path, elements in pages.items():
        for address in elements.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                # There is no network here: the form alone can be checked.
                if parts.scheme not in ("https", "mailto") or not (parts.netloc or parts.path):
                    dead.append(f"{path.name}: {address}")
                continue
            links += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].ids):
                dead.append(f"{path.name}: {address}")
    assert links > 200
    assert dead == []


def test_pages_load_files_of_the_site_alone(built: Path) -> None:
    loaded = 0
    for path, elements in pages_of(built).items():
        for address in elements.loads:
            if address.startswith("data:"):  # it lies in the page itself
                continue
            parts = urlsplit(address)
            assert not parts.scheme and not parts.netloc, f"{path.name} loads {address}"
            assert not parts.path or (path.parent / unquote(parts.path)).is_file(), f"{path.name}: {address}"
            loaded += 1
    assert loaded > 100
    for path in built.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", path.read_text(encoding="utf-8")), (
            path.name
        )


def test_no_page_is_heavy(built: Path) -> None:
    for path, elements in pages_of(built).items():
        scripts = {path, *((path.parent / urlsplit(name).path).resolve() for name in elements.loads)}
        weight = sum(file.stat().st_size for file in scripts if file.suffix in (".html", ".js", ".css"))
        assert weight <= LARGEST_PAGE, f"{path.name}: {weight} bytes with scripts and styles"
        assert "data:image/png;base64" not in path.read_text(encoding="utf-8"), path.name


def test_all_lessons_are_listed_with_what_they_show(built: Path) -> None:
    listed = (built / "lessons" / "index.html").read_text(encoding="utf-8")
    for notebook in sorted((ROOT / "lessons").glob("[0-9]*.ipynb")):
        assert f'href="{notebook.stem}.html"' in listed
        page = (built / "lessons" / f"{notebook.stem}.html").read_text(encoding="utf-8")
        cells = nbformat.read(notebook, as_version=4).cells
        asked = re.findall(
            r'^headstart\.(?:question|predict)\("([^"]+)"\)$',
            "\n".join(cell.source for cell in cells if cell.cell_type == "code"),
            flags=re.M,
        )
        assert re.findall(r'class="hs-question" data-id="([^"]+)"', page) == asked


def test_a_lesson_that_has_run_shows_its_results(site: Path) -> None:
    page = (site / "lessons" / "01_confusion_matrix.html").read_text(encoding="utf-8")
    figures = re.findall(r'<img class="hs-figure" src="\.\./_static/figures/[^"]+" alt="([^"]+)"', page)
    assert len(figures) >= 4 and all(len(text) > 20 for text in figures)
    assert page.count('class="hs-measured"') == 2
    assert "widget-view" not in page and "Traceback" not in page


def test_the_reference_documents_what_the_library_exports(site: Path) -> None:
    import headstart

    page = Elements((site / "reference" / "index.html").read_text(encoding="utf-8"))
    missing = [
        name for name in headstart.__all__ if name != "__version__" and f"headstart.{name}" not in page.ids
    ]
    assert missing == []
    assert {"headstart.data.Digits", "headstart.training.fit", "headstart.models.glyphnet"} <= page.ids


# ------------------------------------------------------------------------------------------------------ secrets


def plain(text: str) -> str:
    """Return text as it reads: no markup, no tags, no escapes, single spaces."""
    text = text.replace("\\u003c", "<").replace('\\"', '"').replace("\\n", " ").replace("\\\\", "\\")
    text = unescape(re.sub(r"<[^<>]*>", "", text))
    return " ".join(re.sub("[*`\"'\u201c\u201d\u2018\u2019]", "", text).split())


def fragments(text: str) -> list[str]:
    """Return the pieces of a text of a quiz that hold no drawn value, long enough to be told apart."""
    pieces = [plain(piece) for piece in re.split(r"\{[^{}]*\}|\n\s*\n", text)]
    return [piece for piece in pieces if len(piece) >= SHORTEST]


def feedback(question: Question) -> list[str]:
    """Return what of a question only its key holds."""
    texts = [text for place, text in question.texts() if place[0] in ("hint", "steps") or place[-1] == "why"]
    return [fragment for text in texts for fragment in fragments(text)]


def check_lines() -> Iterator[str]:
    """Give the longer lines and texts of hidden checks."""
    for path in sorted((ROOT / "course").glob("*/checks.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from fragments(node.value)
        yield from (plain(line) for line in source.splitlines() if len(line.strip()) >= SHORTEST)


def solution_lines() -> Iterator[str]:
    """Give the longer lines of worked solutions."""
    for path in sorted((ROOT / "course").glob("*/exercises.py")):
        for body in re.findall(
            r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", path.read_text(encoding="utf-8"), flags=re.S
        ):
            yield from (plain(line) for line in body.splitlines() if len(line.strip()) >= SHORTEST)


class Searched:
    """A long text in which many shorter ones are looked up: three words in a row are looked for first."""

    def __init__(self, text: str) -> None:
        self.text = text
        words = text.split()
        self._triples = set(zip(words, words[1:], words[2:], strict=False))

    def __contains__(self, text: str) -> bool:
        # What stands around the text may touch its first and last word.
        inner = text.split()[1:-1]
        if any(triple not in self._triples for triple in zip(inner, inner[1:], inner[2:], strict=False)):
            return False
        return text in self.text


def learners_side() -> str:
    """Return all that learners are given anyway, and the guides, which tell what they tell on purpose."""
    folders = (
        "lessons/*",
        "quizzes/*/*.ipynb",
        "docs/*.md",
        "headstart/**/*.py",
        "headstart/questions/bank/*.json",
    )
    paths = [path for folder in folders for path in sorted(ROOT.glob(folder)) if path.is_file()]
    return plain("\n".join(path.read_text(encoding="utf-8") for path in paths))


def test_no_key_no_check_and_no_solution_is_in_the_site(built: Path) -> None:
    files = [
        path for path in built.rglob("*") if path.suffix in (".html", ".js", ".json", ".ipynb", ".txt", ".md")
    ]
    shown = Searched(plain("\n".join(path.read_text(encoding="utf-8") for path in files)))
    quizzes = [load_quiz(path) for path in sorted((ROOT / "course").glob("*/quiz.yaml"))]
    # What must be found is found: the feedback of practice questions.
    practice = [text for quiz in quizzes for question in quiz.practice for text in feedback(question)]
    assert sum(text in shown for text in practice) > 0.9 * len(practice) > 100

    known = Searched(learners_side())
    graded = [text for quiz in quizzes for question in quiz.questions for text in feedback(question)]
    for what, texts in (("feedback", graded), ("check", check_lines()), ("solution", solution_lines())):
        secret = {text for text in texts if text not in known}
        assert len(secret) > 50, what
        assert [text for text in secret if text in shown] == [], what


def test_no_folder_of_this_machine_is_in_the_site(built: Path) -> None:
    for path in built.rglob("*"):
        if path.suffix in (".html", ".js", ".ipynb"):
            text = path.read_text(encoding="utf-8")
            for folder in (str(ROOT), sys.prefix, "site-packages/", "/tmp/"):
                assert folder not in text, f"{path.name} has {folder}"


def test_pages_hold_practice_questions_alone(built: Path) -> None:
    graded = {
        question.id
        for path in sorted((ROOT / "course").glob("*/quiz.yaml"))
        for question in load_quiz(path).questions
    }
    found = 0
    for path in built.rglob("*.html"):
        for text in re.findall(
            r'<script type="application/json">(.*?)</script>', path.read_text(encoding="utf-8")
        ):
            assert json.loads(text)["id"] not in graded
            found += 1
    assert found > 60

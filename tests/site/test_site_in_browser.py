"""The site in a real Chromium: phone and desktop, light and dark, by keyboard, with axe-core, without network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accessibility import violations
from cards import READER, Unkept
from site_server import served

from headstart.questions.banks import find_question
from headstart.questions.draw import instance
from headstart.questions.widget import QuestionWidget

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

LESSON = "lessons/01_confusion_matrix.html"
KINDS = (
    "index.html",
    "lessons/index.html",
    LESSON,
    "practice/index.html",
    "hand_in.html",
    "glossary.html",
    "cheat_sheet.html",
    "printed/cheat_sheet.html",
    "reference/index.html",
    "teaching/instructors.html",
    "search.html",
)
PHONE, DESKTOP = 360, 1280
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NUMERIC = "confusion_matrix.cat-recall"
SEVERAL = "confusion_matrix.more-negatives"
GUESS = "confusion_matrix.predict-rare"


class Visit:
    """A page in a browser window, with what went wrong in it."""

    def __init__(self, browser: Any, base: str, width: int, theme: str) -> None:
        self.base = base
        self.problems: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        self.context.set_default_timeout(60_000)
        self.page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.text} ({message.location['url']})")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.problems.append(f"asked for {request.url}")

    def open(self, name: str) -> Any:
        """Open a page of the site."""
        self.page.goto(f"{self.base}/{name}")
        return self.page

    def card(self, name: str) -> Any:
        """Return the question or guess with this id."""
        return self.page.locator(f'.hs-question[data-id="{name}"]')


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Any]:
    """A function that opens a window on the served site; nothing may go wrong in it."""
    visits: list[Visit] = []
    with served(site) as address:

        def start(width: int = DESKTOP, theme: str = "light") -> Visit:
            visits.append(Visit(browser, address, width, theme))
            return visits[-1]

        yield start
        for one in visits:
            one.context.close()
    assert [problem for one in visits for problem in one.problems] == []


def message(card: Any) -> str:
    """Return what the question replies, as it reads."""
    line = card.locator(".hs-status .hs-message")
    line.wait_for()
    return str(line.inner_text())


def reads(html: str) -> str:
    """Return HTML of a reply as it reads."""
    text = re.sub(r"<[^<>]+>", "", html)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def test_no_kind_of_page_is_wider_than_its_screen(visit: Any) -> None:
    for width in (PHONE, DESKTOP):
        window = visit(width)
        for name in KINDS:
            page = window.open(name)
            assert page.evaluate(TOO_WIDE) <= 0, f"{name} at {width} pixels"


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_a_lesson_can_be_read_by_all(visit: Any, artefacts: Path, width: int, theme: str) -> None:
    window = visit(width, theme)
    page = window.open(LESSON)
    for name, answer in ((NUMERIC, "3"), (SEVERAL, None)):
        if answer:
            window.card(name).locator("input").fill(answer)
        window.card(name).locator(".hs-check").click()
        message(window.card(name))
    page.screenshot(path=artefacts / f"site-{theme}-{width}.png")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(page, preload=False) == []
    assert page.evaluate(TOO_WIDE) <= 0


def test_a_wrong_answer_is_named_by_keyboard_alone(visit: Any) -> None:
    window = visit()
    window.page.clock.install()
    page = window.open(LESSON)
    seen = instance(find_question(SEVERAL).question, READER)
    wrong = next(choice for choice in seen.choices if not choice.correct)
    card = window.card(SEVERAL)
    card.locator("input").first.focus()
    for choice in seen.choices:
        if choice == wrong:
            page.keyboard.press("Space")
        page.keyboard.press("Tab")
    assert card.locator(".hs-check").evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    assert reads(wrong.why.replace("`", "").replace("*", ""))[:30] in message(card)
    assert card.locator(".hs-status strong").first.inner_text() == "Not right."
    page.clock.run_for(7000)  # by then the widget would say that no Python answers
    assert "Python" not in card.locator(".hs-status").inner_text()


def test_what_is_typed_gets_the_words_of_the_notebook(visit: Any) -> None:
    window = visit()
    window.open(LESSON)
    card = window.card(NUMERIC)
    found = find_question(NUMERIC)
    seen = instance(found.question, READER)
    answer = float(seen.answer)
    typed = [
        str(seen.answer),
        str(seen.traps[0][0]),
        "",
        "abc",
        "1,234",
        "0,5",
        "3/4",
        "50 %",
        f"{answer * 100:.10g}",
    ]
    typed += [
        "\N{MINUS SIGN}0.5",
        "1e3",
        "0.00001234",
        "123456789012",
        "5/0",
        "1e999",
        "<b>x</b>",
        "y" * 80,
        f" {answer:.10g} ",
    ]
    widget = QuestionWidget(found, Unkept())
    for number, text in enumerate(typed):
        widget.store = Unkept()
        widget.submission = {"response": text.strip() or None, "n": number, "view": "test"}
        card.locator("input").fill(text)
        card.locator(".hs-check").click()
        assert message(card) == reads(widget.state["status"]["html"]), text


def test_a_guess_stands_beside_its_result_and_is_remembered(visit: Any) -> None:
    window = visit(PHONE)
    page = window.open(LESSON)
    result = page.locator(f'.hs-measured[data-id="{GUESS}"] .hs-lines')
    assert result.inner_text().startswith("You made no guess; measured ")
    window.card(GUESS).locator("input").fill("-5")
    window.card(GUESS).locator(".hs-check").click()
    assert "from 0 to 100" in message(window.card(GUESS))
    assert result.inner_text().startswith("You made no guess; measured ")
    window.card(GUESS).locator("input").fill("62,5")
    window.card(GUESS).locator(".hs-check").click()
    assert "Your guess is kept: 62.5 %" in message(window.card(GUESS))
    assert result.inner_text().startswith("You guessed 62.5 %; measured ")
    page.reload()
    assert result.inner_text().startswith("You guessed 62.5 %; measured ")
    assert window.card(GUESS).locator("input").input_value() == "62,5"


def test_the_search_finds_a_term(visit: Any) -> None:
    window = visit()
    page = window.open("search.html?q=buffers")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.pathname)")
    assert any(name.endswith("/lessons/07_freezing.html") for name in found)


def test_pages_work_from_a_disk(browser: Any, site: Path) -> None:
    window = Visit(browser, site.as_uri(), PHONE, "dark")
    try:
        window.open(LESSON)
        window.card(NUMERIC).locator(".hs-check").click()
        assert message(window.card(NUMERIC)) == "Please write a number first."
        assert window.problems == []
    finally:
        window.context.close()


@pytest.mark.long
def test_every_page_can_be_read_by_all(browser: Any, whole_site: Path) -> None:
    with served(whole_site) as address:
        for width, theme in ((PHONE, "light"), (DESKTOP, "dark")):
            window = Visit(browser, address, width, theme)
            for path in sorted(whole_site.rglob("*.html")):
                name = path.relative_to(whole_site).as_posix()
                page = window.open(name)
                assert violations(page, preload=False) == [], name
                assert page.evaluate(TOO_WIDE) <= 0, f"{name} at {width} pixels"
            assert window.problems == []
            window.context.close()

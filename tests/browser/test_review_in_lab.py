"""Flashcards and progress in a real JupyterLab: by keyboard alone, in both themes, with axe-core, narrow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accessibility import violations
from lab_in_browser import switch_theme
from test_widget_in_lab import CARDS, restart_and_run_all, tab_into, tab_to

from headstart.flashcards import load_deck

pytestmark = pytest.mark.browser

Open = Callable[[str, list[str]], Any]
FREEZING = load_deck("07_freezing")
CURRENT = "window.jupyterapp.shell.currentWidget?.context?.path"


def term(card: Any) -> str:
    return card.locator(".hs-term").inner_text()


def has_focus(control: Any) -> bool:
    return control.evaluate("control => control === document.activeElement")


def wait_for_card(card: Any, expected: str) -> None:
    card.locator(".hs-term").get_by_text(expected, exact=True).wait_for()


def test_flashcards_by_keyboard(lab: Any, open_notebook: Open, artefacts: Path) -> None:
    cells = ["import headstart", "headstart.review('freezing', new=2)", "headstart.review()"]
    page = open_notebook("lessons/flashcards.ipynb", cells)
    cards = page.locator(".hs-card")
    cards.nth(1).wait_for()
    first, second = cards.nth(0), cards.nth(1)
    assert "There are no cards to review yet." in second.inner_text()
    assert violations(page, CARDS) == []

    # The front, then the back: the focus goes to the answer, where a screen reader goes on reading.
    page.locator(".jp-Cell").first.locator(".jp-InputPrompt").click()
    tab_into(page, first)
    assert term(first) == FREEZING[0].term
    assert not first.locator(".hs-answer").is_visible()
    tab_to(page, first.get_by_role("button", name="Show answer"))
    page.keyboard.press("Enter")
    answer = first.get_by_role("group", name="Answer")
    assert has_focus(answer)
    assert "Freezing a parameter means" in answer.inner_text()
    ratings = first.get_by_role("group", name="How well did you know it?").get_by_role("button")
    times = dict(text.split("\n") for text in ratings.all_inner_texts())
    assert list(times) == ["Again", "Hard", "Good", "Easy"]
    assert (times["Again"], times["Good"], times["Easy"]) == ("in 1 minute", "in 10 minutes", "in 8 days")
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "flashcard-light.png")
    switch_theme(page, "JupyterLab Dark")
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "flashcard-dark.png")

    # A letter that is a shortcut of the notebook does nothing; Enter on a button rates.
    answer.focus()
    page.keyboard.press("b")
    tab_to(page, first.get_by_role("button", name="Good"))
    page.keyboard.press("Enter")
    wait_for_card(first, FREEZING[1].term)
    assert page.locator(".jp-Cell").count() == len(cells)
    assert has_focus(first.get_by_role("button", name="Show answer"))
    status = first.locator(".hs-status")
    assert status.get_attribute("aria-live") == "polite"
    assert status.inner_text().endswith("Good: “freezing” comes back in 10 minutes.")

    # The keys 1 to 4 rate; twice pressed is one rating.
    page.keyboard.press("4")
    assert term(first) == FREEZING[1].term, "no rating before the answer"
    page.keyboard.press("Space")
    page.keyboard.press("4")
    page.keyboard.press("4")
    wait_for_card(first, FREEZING[0].term)
    reviews = json.loads((lab.folder / "my_learning" / "review.json").read_text())["cards"]
    assert {name: entry["reviews"] for name, entry in reviews.items()} == {
        card.id: 1 for card in FREEZING[:2]
    }

    # The definition's place opens beside this notebook.
    page.keyboard.press("Enter")
    link = first.get_by_role("link", name="Lesson 7 · Freezing")
    tab_to(page, link)
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {CURRENT} === 'lessons/07_freezing.ipynb'")
    page.evaluate("window.jupyterapp.commands.execute('application:activate-previous-tab')")
    page.wait_for_function(f"() => {CURRENT} === 'lessons/flashcards.ipynb'")

    # The end has the focus and says what comes when. After a restart, what is not due stays away.
    tab_to(page, first.get_by_role("button", name="Easy"))
    page.keyboard.press("Space")
    ending = first.locator(".hs-ending")
    ending.get_by_text("You reviewed 2 cards, all for the first time. Ratings: Good 1, Easy 2.").wait_for()
    assert has_focus(ending)
    assert violations(page, CARDS) == []
    restart_and_run_all(page, 2)
    wait_for_card(first, FREEZING[2].term)
    assert "No card is due." in second.inner_text()


def test_progress_in_both_themes_leads_to_the_next_lesson(open_notebook: Open, artefacts: Path) -> None:
    cells = [
        "import headstart\nheadstart.predict('thresholds.predict-kept', guess=12)",
        "headstart.predict('thresholds.predict-kept', measured=16)",
        "headstart.progress()",
    ]
    page = open_notebook("lessons/standing.ipynb", cells)
    card = page.locator(".hs-progress")
    card.wait_for()
    card.get_by_text("Your guesses, one by one").click()
    assert card.get_by_role("row", name="3 Thresholds 12 of 20 16 of 20 off by 4").count() == 1
    assert card.get_by_role("columnheader", name="Exercises").count() == 1
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        switch_theme(page, theme)
        assert violations(page, CARDS) == []
        page.screenshot(path=artefacts / f"progress-{theme.split()[1].lower()}.png")
    page.set_viewport_size({"width": 640, "height": 1800})
    assert not card.evaluate("card => card.scrollWidth > card.clientWidth + 1"), "the table scrolls by itself"
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "progress-narrow.png")
    card.get_by_role("link", name="lesson 3 · Thresholds").click()
    page.wait_for_function(f"() => {CURRENT} === 'lessons/03_thresholds.ipynb'")


@pytest.mark.long
def test_flashcards_are_readable_in_a_narrow_window(open_notebook: Open, page: Any, artefacts: Path) -> None:
    open_notebook("lessons/flashcards.ipynb", ["import headstart\nheadstart.review('confusion_matrix')"])
    card = page.locator(".hs-card")
    card.wait_for()
    page.set_viewport_size({"width": 600, "height": 1800})
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    for number in range(3):
        card.get_by_role("button", name="Show answer").click()
        too_wide = "card => card.scrollWidth > card.clientWidth + 1"
        assert not card.evaluate(too_wide)
        assert violations(page, CARDS) == []
        page.screenshot(path=artefacts / f"flashcard-narrow-{number}.png")
        before = term(card)
        card.get_by_role("button", name="Easy").click()
        page.wait_for_function(
            "before => document.querySelector('.hs-card .hs-term').textContent !== before", arg=before
        )
    card.get_by_role("button", name="Stop here").click()
    card.get_by_text("You reviewed 3 cards, all for the first time.").wait_for()
    assert violations(page, CARDS) == []

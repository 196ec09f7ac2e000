"""Every lesson in a real JupyterLab and in Notebook 7: it runs, shows, answers to the keyboard, and can be read.

Nothing errs or warns, every figure and widget shows, a question of each kind that the lesson has answers to the
keyboard alone, axe-core finds nothing in the light and in the dark theme, and at 200 % zoom nothing is cut off.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from accessibility import violations
from lab_in_browser import FRONT_ENDS, Lab, open_and_run_all, open_notebook, switch_theme, wait_until_run

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
# All lessons run without a browser in tests/notebooks; the others are opened in one by `make test-all`.
IN_EVERY_TEST = (("lab", "07_freezing"), ("notebook", "01_confusion_matrix"))
LESSONS = [
    pytest.param(
        front_end,
        path,
        id=f"{front_end}-{path.stem}",
        marks=[] if (front_end, path.stem) in IN_EVERY_TEST else [pytest.mark.long],
    )
    for front_end in FRONT_ENDS
    for path in sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
]
FIRST_LESSON = re.search(r"^FIRST_LESSON := (\S+)$", (ROOT / "Makefile").read_text(), re.M)[1]
OURS = ".jp-OutputArea-output"
SECONDS = 240
# What tells the kinds of questions apart in the page.
KINDS = {
    "single": "input[type=radio]",
    "multiple": "input[type=checkbox]",
    "numeric": ".hs-number",
    "ordering": ".hs-order",
}


@pytest.mark.parametrize(("front_end", "lesson"), LESSONS)
def test_a_lesson_in_a_front_end(front_end: str, lesson: Path, lab: Lab, page: Any, artefacts: Path) -> None:
    # Tall enough for the whole lesson: only the cells that can be seen are rendered.
    page.set_viewport_size({"width": 1200, "height": 24_000})
    open_and_run_all(page, lab, f"lessons/{lesson.name}", front_end)
    wait_until_run(page, SECONDS)

    errors = page.locator(f"{OURS}[data-mime-type='application/vnd.jupyter.error']")
    assert errors.all_inner_texts() == []
    assert page.locator(".jp-Dialog").count() == 0, "a dialogue is in the way"
    page.wait_for_function(
        "[...document.querySelectorAll('.hs-card')].length >= 4", timeout=SECONDS * 1000
    )  # questions and guesses
    figures = page.locator(f"{OURS} img")
    assert figures.count() >= 2
    assert all(text and text.strip() for text in figures.evaluate_all("all => all.map(one => one.alt)"))
    assert page.get_by_text("Error displaying widget").count() == 0
    # The explorer's controls: ipywidgets' own front end is there.
    assert page.locator(f"{OURS} .jupyter-widgets select, {OURS} .jupyter-widgets input").count() >= 1

    assert answered_by_keyboard(page), "the lesson has no question to answer"
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        switch_theme(page, theme)
        page.screenshot(path=artefacts / f"lesson-{lesson.stem}-{front_end}-{theme.split()[1].lower()}.png")
        assert violations(page, OURS) == []

    # Twice as large means half as many pixels of a page in the same window.
    page.set_viewport_size({"width": 640, "height": 24_000})
    if front_end == "lab":
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.wait_for_timeout(500)
    page.screenshot(path=artefacts / f"lesson-{lesson.stem}-{front_end}-zoom.png")
    cut_off = page.evaluate(
        """() => [...document.querySelectorAll('.hs-card')]
            .filter(card => card.scrollWidth > card.clientWidth + 1)
            .map(card => card.innerText.slice(0, 80))"""
    )
    assert cut_off == []


def answered_by_keyboard(page: Any) -> set[str]:
    """Answer the first open question of each kind with the keyboard; return the kinds."""
    done = set()
    for kind, controls in KINDS.items():
        open_cards = page.locator(f".hs-card:has({controls}):has(.hs-check:visible)")
        if not open_cards.count():
            continue
        card = open_cards.first
        card.locator("fieldset").evaluate("group => group.focus()")
        page.keyboard.press("Tab")
        if kind == "numeric":
            page.keyboard.type("1")
        else:
            page.keyboard.press("Space")
        for _ in range(20):
            if card.locator(".hs-check").evaluate("button => button === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "card => card.querySelector('.hs-status .hs-message')?.textContent.trim()",
            arg=card.element_handle(),
        )
        done.add(kind)
    return done


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_the_contents_lead_to_the_sections(front_end: str, lab: Lab, page: Any) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    open_notebook(page, lab, "lessons/07_freezing.ipynb", front_end)
    link = page.locator(".jp-Notebook a", has_text="The remedy").first
    link.wait_for()
    # When the notebook is ready, it takes the focus to its first cell.
    page.locator(".jp-Notebook .jp-Cell.jp-mod-active").first.wait_for()
    wait_until_settled(page)
    link.press("Enter")
    # The front end makes and drops cells while it scrolls, so the heading is looked up anew each time.
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-Notebook h2')].some(heading => {
            const place = heading.getBoundingClientRect();
            return heading.innerText.includes('The remedy') && place.top >= 0 && place.bottom <= window.innerHeight;
        })"""
    )


def wait_until_settled(page: Any) -> None:
    """Wait until the open notebook makes no more cells: while it does, it overlooks links to those to come."""
    page.wait_for_function(
        """async () => {
            const notebook = document.querySelector('.jp-WindowedPanel-outer');
            const before = notebook.scrollHeight;
            // Cells are made when the page has nothing else to do.
            for (let idle = 0; idle < 20; idle += 1) {
                await new Promise(done => requestIdleCallback(() => setTimeout(done, 50)));
            }
            return notebook.scrollHeight === before;
        }"""
    )


def test_from_make_lab_to_a_trained_model_in_two_clicks(lab: Lab, page: Any) -> None:
    page.set_viewport_size({"width": 1200, "height": 2400})
    page.goto(lab.address(FIRST_LESSON))  # what `make lab` opens
    page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget?.sessionContext")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.ready")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # The confusion matrix of the digits that the model was trained to tell apart.
    page.locator(f"{OURS} img[alt*='matrix' i]").first.wait_for(timeout=SECONDS * 1000)

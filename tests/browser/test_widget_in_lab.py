"""Questions in a real JupyterLab: by keyboard alone, in both themes, with axe-core, after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accessibility import violations
from lab_in_browser import open_notebook as open_anew
from lab_in_browser import switch_theme

from autograder.build.bank import bank_text
from autograder.build.quiz_file import load_quiz
from headstart.questions.banks import BANK_FOLDER, load_banks
from headstart.questions.draw import instance
from headstart.questions.schema import Question

pytestmark = pytest.mark.browser

QUIZ = load_quiz(Path(__file__).parents[1] / "questions" / "quiz.yaml")
SHOWN = ("try-one", "try-several", "try-share", "try-order", "one", "order", "share")
CARDS = ".hs-card"  # what axe-core looks at
CARD = {name: place for place, name in enumerate(SHOWN)}
SET_UP = """\
from pathlib import Path
import headstart
from headstart.questions import banks
banks.BANK_FOLDER = Path("bank").resolve()"""

Open = Callable[[str, list[str]], Any]


def find(name: str) -> Question:
    """A question of the sample quiz."""
    return next(q for q in (*QUIZ.questions, *QUIZ.practice) if q.id == f"sample.{name}")


def right_letters(name: str) -> list[str]:
    """The letters of the right options, or of the items in the right order, as learner "ada" sees them."""
    seen = instance(find(name), "ada")
    keys = list(seen.right_order) or [choice.key for choice in seen.choices if choice.correct]
    return [seen.choice(key).letter for key in keys]


def tab_into(page: Any, card: Any) -> None:
    """Press Tab until the focus is inside `card`."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if card.evaluate("card => card.contains(document.activeElement)"):
            return
    pytest.fail("60 times Tab did not lead to the question")


def tab_to(page: Any, control: Any) -> None:
    """Press Tab until `control` has the focus, and make sure that it can be seen there."""
    for _ in range(40):
        if control.evaluate("control => control === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail("40 times Tab did not lead to the control")
    outline = control.evaluate("control => getComputedStyle(control).outline")
    assert "solid" in outline
    assert "3px" in outline


def put_in_order(page: Any, card: Any, letters: list[str]) -> None:
    """Move items with the keyboard until they stand in the order `letters`."""
    for place, letter in enumerate(letters):
        for _ in letters:
            shown = card.locator(".hs-item .hs-letter").all_inner_texts()
            at = shown.index(f"{letter}.")
            if at == place:
                break
            row = card.locator(".hs-item").nth(at)
            name = row.locator(".hs-text").inner_text()
            tab_to(page, row.locator(".hs-up"))
            page.keyboard.press("Space")
            moved = card.locator(".hs-item").nth(at - 1)
            assert moved.locator(".hs-up").evaluate("up => up === document.activeElement"), (
                "the focus was lost"
            )
            assert card.locator(".hs-spoken").inner_text() == f"{name}: place {at} of {len(letters)}."
    assert [text.rstrip(".") for text in card.locator(".hs-item .hs-letter").all_inner_texts()] == letters


def restart_and_run_all(page: Any, cards: int) -> None:
    """Restart the kernel by keyboard, run all cells and wait until all questions are drawn anew."""
    page.evaluate("document.querySelectorAll('.hs-card').forEach(card => (card.dataset.old = 'yes'))")
    page.evaluate("void window.jupyterapp.commands.execute('notebook:restart-run-all')")
    page.wait_for_selector(".jp-Dialog .jp-mod-accept")
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.hs-card:not([data-old])').length === {cards}")


def test_a_saved_notebook_shows_its_questions_another_day(lab: Any, page: Any, open_notebook: Open) -> None:
    practice = next(question.id for bank in load_banks(BANK_FOLDER) for question in bank.practice)
    open_notebook("kept.ipynb", ["import headstart", f"headstart.question({practice!r})"])
    card = page.locator(".hs-card")
    card.locator("input").first.press("Space")
    card.locator(".hs-check").press("Enter")
    card.locator(".hs-status .hs-message").wait_for()
    answered = card.inner_text()
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    open_anew(page, lab, "kept.ipynb")
    card.wait_for()
    assert card.inner_text() == answered
    assert page.get_by_text("Error displaying widget").count() == 0
    card.locator(".hs-check").press("Enter")
    card.get_by_text("If not, run this cell again.").wait_for()


def test_questions_by_keyboard_in_both_themes_and_after_a_restart(
    lab: Any, open_notebook: Open, artefacts: Path
) -> None:
    (lab.folder / "bank").mkdir()
    (lab.folder / "bank" / "00_sample.json").write_text(bank_text(QUIZ, "00_sample"), encoding="utf-8")
    cells = [SET_UP, "headstart.learner('ada')", *(f"headstart.question('sample.{name}')" for name in SHOWN)]
    cells += ["headstart.predict('sample.guess-share')"]
    page = open_notebook("questions.ipynb", cells)
    cards = page.locator(".hs-card")
    cards.nth(len(SHOWN)).wait_for()
    ids = page.evaluate("[...document.querySelectorAll('.hs-card [id]')].map(node => node.id)")
    assert len(set(ids)) == len(ids)
    assert violations(page, CARDS) == []

    # From the set-up cell, by keyboard alone. Single choice: the arrows move, practice waits for the button.
    page.locator(".jp-Cell").first.locator(".jp-InputPrompt").click()
    card = cards.nth(CARD["try-one"])
    tab_into(page, card)
    (right,) = right_letters("try-one")
    page.keyboard.press("Space")
    for _ in range("abc".index(right)):
        page.keyboard.press("ArrowDown")
    # A letter that is a shortcut of the notebook ("insert a cell") stays in the question.
    page.keyboard.press("b")
    assert card.locator("input:checked").get_attribute("id").endswith(f"-{right}")
    tab_to(page, card.locator(".hs-check"))
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-right").get_by_text("Right.").wait_for()
    assert "They are buffers, not parameters" in card.locator(".hs-status").inner_text()
    assert card.locator(".hs-status").get_attribute("aria-live") == "polite"
    assert page.locator(".jp-Cell").count() == len(cells)

    # Hint and worked steps open and close.
    hint = card.locator(".hs-quiet").first
    tab_to(page, hint)
    page.keyboard.press("Enter")
    card.get_by_text("Not everything that a layer keeps is a parameter.").wait_for()
    assert hint.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    card.get_by_text("Not everything that a layer keeps is a parameter.").wait_for(state="hidden")

    # Several options: one of two right ones, then both.
    card = cards.nth(CARD["try-several"])
    tab_into(page, card)
    boxes = [card.locator(f"input[id$='-{letter}']") for letter in right_letters("try-several")]
    tab_to(page, boxes[0])
    page.keyboard.press("Space")
    tab_to(page, card.locator(".hs-check"))
    page.keyboard.press("Space")
    card.locator(".hs-status.hs-partly").get_by_text("Partly right.").wait_for()

    # A number: first one that cannot be read, which takes the focus back to the field, then a wrong one.
    card = cards.nth(CARD["try-share"])
    tab_into(page, card)
    page.keyboard.type("most")
    tab_to(page, card.locator(".hs-check"))
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-problem").get_by_text("Not saved.").wait_for()
    field = card.locator(".hs-number")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("field => field === document.activeElement")
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-wrong").get_by_text("Not right.").wait_for()
    page.keyboard.press("Tab")
    assert "Not right." in card.locator(".hs-status").inner_text()

    # An order.
    card = cards.nth(CARD["try-order"])
    tab_into(page, card)
    put_in_order(page, card, right_letters("try-order"))
    tab_to(page, card.locator(".hs-check"))
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-right").get_by_text("Right.").wait_for()

    # Graded: saved at once, without a verdict.
    card = cards.nth(CARD["one"])
    tab_into(page, card)
    page.keyboard.press("Space")
    card.locator(".hs-status.hs-saved").get_by_text("Saved: a. It is checked when you hand in.").wait_for()
    page.keyboard.press("ArrowDown")
    card.locator(".hs-status.hs-saved").get_by_text("Saved: b.").wait_for()
    card = cards.nth(CARD["order"])
    tab_into(page, card)
    tab_to(page, card.locator(".hs-down").first)
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-saved").get_by_text("Saved: b a c d.").wait_for()
    card = cards.nth(CARD["share"])
    tab_into(page, card)
    page.keyboard.type("0.75")
    page.keyboard.press("Tab")
    card.locator(".hs-status.hs-saved").get_by_text("Saved: 0.75.").wait_for()
    card = cards.nth(len(SHOWN))
    tab_into(page, card)
    page.keyboard.type("80")
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-saved").get_by_text("Your guess is kept: 80 %.").wait_for()

    # A shortcut with a modifier still reaches the notebook: Ctrl+S saves.
    assert page.evaluate("window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.keyboard.press("Control+s")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")

    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "questions-light.png", clip=_around(page))
    switch_theme(page, "JupyterLab Dark")
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "questions-dark.png", clip=_around(page))

    answers = json.loads((lab.folder / "answers.json").read_text())["answers"]
    assert set(answers) == {f"sample.{name}" for name in SHOWN}
    restart_and_run_all(page, len(SHOWN) + 1)
    for name, status in {
        "try-one": "Right. They are buffers",
        "try-several": "Partly right.",
        "try-share": "Not right.",
        "try-order": "Right. This is the order.",
        "one": "Saved: b.",
        "order": "Saved: b a c d.",
        "share": "Saved: 0.75.",
    }.items():
        assert status in cards.nth(CARD[name]).locator(".hs-status").inner_text()
    assert cards.nth(CARD["try-one"]).locator("input:checked").get_attribute("id").endswith(f"-{right}")
    assert cards.nth(CARD["try-share"]).locator(".hs-number").input_value() == "3"
    order = cards.nth(CARD["order"]).locator(".hs-item .hs-letter").all_inner_texts()
    assert order == ["b.", "a.", "c.", "d."]
    assert cards.nth(len(SHOWN)).locator(".hs-number").input_value() == "80"
    after = json.loads((lab.folder / "answers.json").read_text())["answers"]
    assert after == answers
    assert violations(page, CARDS) == []


# The questions of the other lessons are opened by `make test-all`.
IN_EVERY_TEST = ("01_confusion_matrix", "07_freezing")
BANKS = [
    pytest.param(path.stem, marks=[] if path.stem in IN_EVERY_TEST else [pytest.mark.long])
    for path in sorted(BANK_FOLDER.glob("*.json"))
]


@pytest.mark.parametrize("assignment", BANKS)
def test_all_questions_of_a_lesson(open_notebook: Open, artefacts: Path, assignment: str) -> None:
    (bank,) = [bank for bank in load_banks(BANK_FOLDER) if bank.assignment == assignment]
    questions = [question.id for question in (*bank.practice, *bank.graded)]
    predictions = [prediction.id for prediction in bank.predictions]
    cell = f"import headstart\nfor name in {questions}:\n    display(headstart.question(name))\n"
    cell += f"for name in {predictions}:\n    display(headstart.predict(name))"
    page = open_notebook("course.ipynb", [cell])
    page.wait_for_function(
        f"document.querySelectorAll('.hs-card').length === {len(questions) + len(predictions)}",
        timeout=120_000,
    )
    # axe-core judges contrast only where it can see.
    height = page.evaluate(
        "[...document.querySelectorAll('.hs-card')].reduce((sum, c) => sum + c.offsetHeight + 16, 400)"
    )
    page.set_viewport_size({"width": 1200, "height": height})
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        switch_theme(page, theme)
        assert violations(page, CARDS) == []
        page.screenshot(path=artefacts / f"questions-{assignment}-{theme.split()[1].lower()}.png")


def _around(page: Any) -> dict[str, float]:
    """The part of the page that holds the questions."""
    first, last = page.locator(".hs-card").first.bounding_box(), page.locator(".hs-card").last.bounding_box()
    top = first["y"] - 40
    return {
        "x": first["x"] - 20,
        "y": top,
        "width": first["width"] + 40,
        "height": last["y"] + last["height"] + 20 - top,
    }

"""Practice in a real JupyterLab and in Notebook 7: by keyboard alone, in both themes, with axe-core; the links of
the summary and of the ways to study."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from accessibility import violations
from lab_in_browser import switch_theme
from test_widget_in_lab import CARDS, put_in_order, tab_into, tab_to

from headstart.practising.places import find_lessons
from headstart.practising.records import Records
from headstart.practising.rounds import Round
from headstart.questions.markup import to_plain

pytestmark = pytest.mark.browser

Open = Callable[[str, list[str]], Any]
CURRENT = "window.jupyterapp.shell.currentWidget?.context?.path"
# Whether the heading with this text can be seen in the open notebook.
IN_SIGHT = """text => {
    const notebook = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer')
        ?? document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook');
    const headings = [...(notebook?.querySelectorAll('.jp-MarkdownOutput :is(h1, h2, h3)') ?? [])];
    const heading = headings.find(one => one.textContent.replace('¶', '') === text);
    if (!heading) return false;
    const box = heading.getBoundingClientRect(), around = notebook.getBoundingClientRect();
    return box.top >= around.top - 1 && box.bottom <= around.bottom + 1;
}"""


def has_focus(control: Any) -> bool:
    """Whether `control` has the focus."""
    return control.evaluate("control => control === document.activeElement")


def answer_right(page: Any, card: Any, round_: Round) -> None:
    """Answer the question that is shown by keyboard; `round_` runs beside the page and knows the key."""
    seen = round_.seen()
    if seen.answer is not None:
        tab_to(page, card.locator(".hs-number"))
        page.keyboard.type(str(seen.answer))
        round_.answer(float(str(seen.answer)))
    elif seen.right_order:
        put_in_order(page, card, [seen.choice(key).letter for key in seen.right_order])
        round_.answer(list(seen.right_order))
    else:
        right = [choice for choice in seen.choices if choice.correct]
        tab_to(page, card.locator("input").first)
        if seen.question.kind == "single":
            page.keyboard.press("Space")
            for _ in range("abcdef".index(right[0].letter)):
                page.keyboard.press("ArrowDown")
        else:
            for choice in right:
                tab_to(page, card.locator(f"input[id$='-{choice.letter}']"))
                page.keyboard.press("Space")
        round_.answer([choice.key for choice in right])
    tab_to(page, card.locator(".hs-check"))
    page.keyboard.press("Enter")
    card.locator(".hs-status.hs-right").wait_for()


def test_a_round_by_keyboard(lab: Any, open_notebook: Open, artefacts: Path, tmp_path: Path) -> None:
    page = open_notebook("lessons/try.ipynb", ["import headstart\nheadstart.practice('07', count=3, seed=1)"])
    round_ = Round(find_lessons("07"), "learner", Records(tmp_path), count=3, seed=1)
    card = page.locator(".hs-card")
    card.wait_for()
    assert card.locator(".hs-name").inner_text() == "Question 1 of 3"
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "practice-light.png")

    # Not knowing shows the steps; the focus stays on the button, which now goes on.
    page.locator(".jp-Cell").first.locator(".jp-InputPrompt").click()
    tab_into(page, card)
    button = card.locator(".hs-next")
    tab_to(page, button)
    assert button.inner_text() == "I do not know"
    page.keyboard.press("Enter")
    card.get_by_text("It counts as missed, and its idea comes again.").wait_for()
    assert has_focus(button)
    assert button.inner_text() == "Next question"
    assert violations(page, CARDS) == []
    idea = round_.question
    round_.next()

    # The next question has the focus, and its number is read aloud.
    page.keyboard.press("Enter")
    for number, label in ((2, "Next question"), (3, "Show the summary")):
        card.locator(".hs-name").get_by_text(f"Question {number} of 3").wait_for()
        assert has_focus(card.locator(".hs-group"))
        spoken = page.locator("[role=status]", has_text=f"Question {number} of 3")
        assert spoken.get_attribute("aria-live") == "polite"
        answer_right(page, card, round_)
        tab_to(page, button)
        assert button.inner_text() == label
        round_.next()
        page.keyboard.press("Enter")

    # The summary names the idea and leads to its section, in the same JupyterLab.
    card.get_by_text("2 of 3 right at the first try. Go back to:").wait_for()
    assert has_focus(card.locator(".hs-group"))
    assert idea.topic in card.locator(".hs-ideas").inner_text()
    assert violations(page, CARDS) == []
    switch_theme(page, "JupyterLab Dark")
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "practice-dark.png")
    answers = json.loads((lab.folder / "my_learning" / "practice.json").read_text())["answers"]
    assert [entry["correct"] for entry in answers] == [False, True, True]
    assert [entry["id"] for entry in answers] == [entry.id for entry in round_.asked]
    page.set_viewport_size({"width": 1200, "height": 900})
    link = card.get_by_role("link")
    tab_to(page, link)
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {CURRENT} === 'lessons/07_freezing.ipynb'")
    page.wait_for_function(IN_SIGHT, arg=to_plain(idea.section))

    page.evaluate("window.jupyterapp.commands.execute('application:activate-previous-tab')")
    page.wait_for_function(f"() => {CURRENT} === 'lessons/try.ipynb'")
    tab_to(page, button)
    page.keyboard.press("Enter")
    card.locator(".hs-name").get_by_text("Question 1 of 3").wait_for()


@pytest.mark.long
def test_the_summary_leads_to_the_lesson_in_notebook_7(lab: Any, page: Any) -> None:
    pytest.importorskip("notebook", reason="Notebook 7 is not installed")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import headstart\nheadstart.practice('freezing', count=1, seed=1)")]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder = lab.folder / "quizzes" / "07_freezing"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "try.ipynb")
    page.goto(f"{lab.url}notebooks/quizzes/07_freezing/try.ipynb?token={lab.token}")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    card = page.locator(".hs-card")
    button = card.locator(".hs-next")
    button.get_by_text("I do not know").click()
    button.get_by_text("Show the summary").click()
    card.get_by_text("0 of 1 right at the first try.").wait_for()
    assert violations(page, CARDS) == []
    with page.context.expect_page() as opened:
        card.get_by_role("link").click()
    opened.value.wait_for_url("**/notebooks/lessons/07_freezing.ipynb*", wait_until="commit")


@pytest.mark.long
def test_ways_to_study(lab: Any, open_notebook: Open, artefacts: Path) -> None:
    page = open_notebook("lessons/ways.ipynb", ["import headstart\nheadstart.study()"])
    lessons, modes = page.get_by_label("Lesson", exact=True), page.get_by_label("Study by")
    modes.wait_for()
    lessons.select_option("Lesson 5 · Loading pre-trained models")
    modes.select_option("Debug")
    said = page.locator(".jp-OutputArea [role=status]", has_text="Code with a bug to find. It stands below.")
    said.wait_for()
    page.get_by_role("link", name="Break it 1: no eval()").wait_for()
    page.locator(".hs-card .hs-facts", has_text="find the bug").wait_for()
    assert violations(page, CARDS) == []
    page.screenshot(path=artefacts / "study-debug.png")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.get_by_role("link", name="Break it 1: no eval()").click()
    page.wait_for_function(f"() => {CURRENT} === 'lessons/05_loading_pretrained.ipynb'")
    page.wait_for_function(IN_SIGHT, arg="Break it 1: no eval()")

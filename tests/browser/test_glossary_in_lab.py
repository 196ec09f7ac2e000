"""The links between lessons and glossary, followed in a real JupyterLab."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lab_in_browser import Lab

pytestmark = pytest.mark.browser

SECONDS = 90
PATH = "window.jupyterapp.shell.currentWidget?.context?.path"
# Whether the Markdown with the given bold text is inside the window of the current notebook.
IN_SIGHT = """text => {
    const notebook = window.jupyterapp.shell.currentWidget?.content?.node;
    const bold = [...(notebook?.querySelectorAll('.jp-MarkdownOutput strong') ?? [])];
    const place = bold.find(one => one.textContent.replace(/\\s+/g, ' ').toLowerCase() === text);
    if (!place) return false;
    const box = place.getBoundingClientRect(), around = notebook.getBoundingClientRect();
    return box.top >= around.top && box.bottom <= around.bottom;
}"""


@pytest.mark.parametrize("term", ["weighted average", "stratified split"])
def test_a_term_leads_to_its_definition(lab: Lab, page: Any, term: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(lab.address("lessons/glossary.ipynb"))
    entry = page.locator(".jp-MarkdownOutput li", has=page.get_by_text(term, exact=True)).first
    entry.get_by_role("link").click(timeout=1000 * SECONDS)
    page.wait_for_function(f"() => /[0-9][0-9]_\\w+.ipynb$/.test({PATH})", timeout=1000 * SECONDS)
    page.wait_for_function(IN_SIGHT, arg=term, timeout=1000 * SECONDS)


def test_the_key_result_leads_to_the_glossary(lab: Lab, page: Any) -> None:
    page.set_viewport_size({"width": 1200, "height": 16_000})
    page.goto(lab.address("lessons/01_confusion_matrix.ipynb"))
    link = page.locator(".jp-MarkdownOutput a", has_text=re.compile("^glossary$"))
    link.click(timeout=1000 * SECONDS)
    page.wait_for_function(f"() => {PATH} === 'lessons/glossary.ipynb'", timeout=1000 * SECONDS)
    page.wait_for_selector(".jp-MarkdownOutput h1:has-text('Glossary')")

"""The cheat sheet in a real browser: one page of A4, no line cut off, nothing for axe-core to find."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from accessibility import violations

pytestmark = pytest.mark.browser

ADDRESS = (Path(__file__).resolve().parents[2] / "lessons" / "cheat_sheet.html").as_uri()
MILLIMETRE = 96 / 25.4


@pytest.fixture
def sheet(browser: Any) -> Any:
    """The cheat sheet in a window as wide as the printed area of A4."""
    page = browser.new_page(viewport={"width": round(190 * MILLIMETRE), "height": 1100})
    page.goto(ADDRESS)
    yield page
    page.close()


def test_it_prints_on_one_page(sheet: Any) -> None:
    paper = {"format": "A4", "margin": dict.fromkeys(("top", "bottom", "left", "right"), "10mm")}
    for options in ({"prefer_css_page_size": True}, paper):
        pdf = sheet.pdf(**options)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_no_line_of_code_is_cut_off_on_paper(sheet: Any) -> None:
    sheet.emulate_media(media="print")
    snippets = sheet.locator("pre")
    assert snippets.count() >= 13
    too_wide = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert snippets.evaluate_all(too_wide) == []


def test_it_can_be_read_by_all(sheet: Any) -> None:
    assert violations(sheet) == []

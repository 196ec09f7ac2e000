"""Every lesson in a real JupyterLab: all cells run, every figure and widget shows, axe-core finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab_in_browser import Lab, open_and_run_all, wait_until_run

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
# All lessons run without a browser in tests/notebooks; the others are opened in one by `make test-all`.
IN_EVERY_TEST = ("05_loading_pretrained", "07_freezing")
LESSONS = [
    pytest.param(path, id=path.stem, marks=[] if path.stem in IN_EVERY_TEST else [pytest.mark.long])
    for path in sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
]
OURS = ".jp-OutputArea-output"
SECONDS = 240


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_and_can_be_read_by_all(lesson: Path, lab: Lab, page: Any, artefacts: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is missing")
    # Tall enough for the whole lesson: JupyterLab renders only the cells that can be seen.
    page.set_viewport_size({"width": 1200, "height": 24_000})
    open_and_run_all(page, lab, f"lessons/{lesson.name}")
    wait_until_run(page, SECONDS)

    errors = page.locator(f"{OURS}[data-mime-type='application/vnd.jupyter.error']")
    assert errors.all_inner_texts() == []
    page.wait_for_function(
        "[...document.querySelectorAll('.hs-card')].length >= 4", timeout=SECONDS * 1000
    )  # questions and guesses
    figures = page.locator(f"{OURS} img")
    assert figures.count() >= 2
    assert all(text and text.strip() for text in figures.evaluate_all("all => all.map(one => one.alt)"))
    assert page.get_by_text("Error displaying widget").count() == 0
    page.screenshot(path=artefacts / f"lesson-{lesson.stem}.png")

    results = axe.Axe().run(page, context=OURS).response
    assert results["passes"], "axe-core looked at nothing"
    found = [f"{v['id']}: {n['html'][:300]}" for v in results["violations"] for n in v["nodes"]]
    assert found == []

"""Make the README's picture: a lesson in JupyterLab, run, with a question answered.

python tools/screenshot.py        writes docs/lesson.png
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from lab_in_browser import BROWSERS, FLAGS, find_browser, open_and_run_all, running_lab, wait_until_run
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
LESSON = "07_freezing"
PICTURE = ROOT / "docs" / "lesson.png"
QUESTION = "How many of its elements can be trained"
ANSWER = "2"  # a likely mistake, for the feedback to name
ABOVE, HEIGHT = 300, 900  # pixels of the page above the question, and in all


def main() -> int:
    browser_path = find_browser()
    if browser_path is None:
        print(f"no browser is installed; looked for {', '.join(BROWSERS)}", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch) / "headstart"
        shutil.copytree(ROOT / "lessons", folder / "lessons")
        with running_lab(Path(scratch), folder) as lab:
            chromium = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            # Tall, because JupyterLab renders only the cells that can be seen; the picture is cut out of it.
            page = chromium.new_page(viewport={"width": 1280, "height": 9000}, color_scheme="light")
            open_and_run_all(page, lab, f"lessons/{LESSON}.ipynb")
            wait_until_run(page, seconds=300)
            card = page.locator(".hs-card", has=page.get_by_text(QUESTION))
            card.get_by_role("textbox").fill(ANSWER)
            card.get_by_role("button", name="Check answer").click()
            card.get_by_role("status").get_by_text("right", exact=False).first.wait_for()
            top = card.bounding_box()["y"] - ABOVE
            page.screenshot(path=PICTURE, clip={"x": 285, "y": top, "width": 960, "height": HEIGHT})
            chromium.close()
    print(f"wrote {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
